import { defineConfig } from 'vitest/config';
import normal from './vitest.config.ts';

/** `npm run test:real`: whole programs, minutes instead of seconds. */
export default defineConfig({
  ...normal,
  test: {
    ...normal.test,
    include: ['test/real/**/*.real.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
