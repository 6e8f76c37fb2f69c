import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    // each test that starts processes has several; two cores are what CI has
    maxWorkers: 2,
    testTimeout: 60_000,
    reporters: ['default', './test/summary-reporter.ts'],
  },
});
