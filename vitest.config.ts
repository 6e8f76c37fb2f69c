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
    // these end what hangs, and nothing else: where others work too, all takes many times as long
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: ['default', './test/summary-reporter.ts'],
  },
});
