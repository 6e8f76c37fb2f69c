import { describe, expect, it } from 'vitest';
import { FAILED, readFilter } from '../../tui/model/filter-text.ts';

describe('a filter', () => {
  it.each([
    ['', {}],
    ['users', { text: 'users' }],
    ['two words', { text: 'two words' }],
    ['fd:4', { fd: 4 }],
    ['name:fd_read errno:noent', { name: 'fd_read', errno: 'noent' }],
    ['path:"a b"', { path: 'a b' }],
    ['failed', FAILED],
    ["fd:3 where bytes > 100 and name = 'x'", { fd: 3, where: "bytes > 100 and name = 'x'" }],
    ['whereabouts', { text: 'whereabouts' }],
    ['http://x', { text: 'http://x' }],
  ])('%j means %j', (text, filter) => {
    expect(readFilter(text)).toEqual({ ok: true, filter });
  });

  it('says what is wrong with a descriptor', () => {
    expect(readFilter('fd:x')).toMatchObject({
      ok: false,
      problem: expect.stringContaining('"x"'),
    });
  });
});
