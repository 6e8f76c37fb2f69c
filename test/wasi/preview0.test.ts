import { expect, test } from 'vitest';
import { PREVIEW0_REFUSAL } from '../../wasi/preview0.ts';
import { PREVIEW0_MODULE, PREVIEW1_MODULE } from '../../wasi/preview1.ts';
import { STRUCTURES } from '../../wasi/structures.ts';

test('the refusal says what happened, why, and what to do', () => {
  expect(PREVIEW0_REFUSAL).toContain(PREVIEW0_MODULE);
  expect(PREVIEW0_REFUSAL).toContain(PREVIEW1_MODULE);
  expect(PREVIEW0_REFUSAL).toMatch(/fd_seek.*whence/);
  expect(PREVIEW0_REFUSAL).toMatch(/filestat.*56 bytes/);
  expect(PREVIEW0_REFUSAL).toMatch(/subscription.*56 bytes/);
  expect(PREVIEW0_REFUSAL).toMatch(/Rebuild/);
});

test('what it says of Preview 1 is what the layouts say', () => {
  expect(PREVIEW0_REFUSAL).toContain(`64-bit, ${STRUCTURES.filestat.size} bytes`);
  expect(PREVIEW0_REFUSAL).toContain(`preview 1: ${STRUCTURES.subscription.size} bytes`);
});
