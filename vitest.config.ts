import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests start hundreds of processes and threads from the TypeScript sources; each would strip and compile
// the same files again.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'wasi-rr-test-compile-cache');

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    // each test that starts processes has several; two cores are what CI has
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // what is waited for takes its time where others work too
    expect: { poll: { timeout: 10_000 } },
    reporters: ['default', './test/summary-reporter.ts'],
  },
});
