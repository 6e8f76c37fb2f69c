import { describe, expect, it } from 'vitest';
import { commandUsage, completions, readAddress, readCommand } from '../../tui/model/command.ts';

describe('the command line', () => {
  it.each([
    ['1234', { kind: 'goto', event: 1234 }],
    ['#7', { kind: 'goto', event: 7 }],
    ['50%', { kind: 'gotoPercent', percent: 50 }],
    ['250%', { kind: 'gotoPercent', percent: 100 }],
    ['goto #17', { kind: 'goto', event: 17 }],
    ['goto 50%', { kind: 'gotoPercent', percent: 50 }],
    ['first path_open', { kind: 'find', which: 'first', filter: 'path_open' }],
    ['first "Langenbur"', { kind: 'firstBytes', text: '"Langenbur"' }],
    ['first 0x62 0x75', { kind: 'firstBytes', text: '0x62 0x75' }],
    ['prev errno:noent', { kind: 'find', which: 'previous', filter: 'errno:noent' }],
    ['m 0x1234', { kind: 'memory', address: 0x1234, length: 0 }],
    ['m 0x1234 16', { kind: 'memory', address: 0x1234, length: 16 }],
    ['memory 4660', { kind: 'memory', address: 4660, length: 0 }],
    ['filter fd:4 read', { kind: 'filter', text: 'fd:4 read' }],
    ['sort duration', { kind: 'sort', by: 'duration' }],
    ['stack', { kind: 'tab', tab: 'stack' }],
    ['q', { kind: 'quit' }],
    ['qu', { kind: 'quit' }],
  ])('reads :%s', (text, command) => {
    expect(readCommand(text)).toEqual({ ok: true, command });
  });

  it.each([
    ['', 'call number'],
    ['nonsense', 'no command "nonsense"'],
    ['m here', 'address'],
    ['m 0x1ffffffff', 'address'],
    ['sort sideways', 'number, duration or bytes'],
    ['first', 'function'],
    ['goto here', 'number of an event'],
    ['fi', 'may be first or filter'],
  ])('refuses :%s and says why', (text, words) => {
    const read = readCommand(text);
    expect(read.ok ? '' : read.problem).toContain(words);
  });

  it('completes commands, and what follows them', () => {
    const context = { functions: ['path_open', 'path_rename', 'fd_read'] };
    expect(completions('me', context)).toEqual(['memory ']);
    expect(completions('first path_', context)).toEqual(['first path_open', 'first path_rename']);
    expect(completions('sort d', context)).toEqual(['sort duration']);
    expect(completions('m 0', context)).toEqual([]);
    expect(completions('filter fd:4 name:fd_', context)).toEqual(['filter fd:4 name:fd_read']);
    expect(completions('first errno:noe', context)).toEqual([
      'first errno:noent',
      'first errno:noexec',
    ]);
  });

  it('says what a command takes and does', () => {
    expect(commandUsage('m ')).toMatch(/^ADDRESS \[LENGTH\]: show memory/);
    expect(commandUsage('m 0x10')).toMatch(/^show memory/);
    expect(commandUsage('sor')).toMatch(/^number\|duration\|bytes: /);
    expect(commandUsage('f')).toBe('first  filter  files  failure  follow');
    expect(commandUsage('12')).toBe('');
  });

  it('reads addresses of a 32-bit memory only', () => {
    expect(readAddress('0xffffffff')).toBe(0xffffffff);
    expect(readAddress('4294967295')).toBe(0xffffffff);
    expect(readAddress('4294967296')).toBeUndefined();
    expect(readAddress('-1')).toBeUndefined();
  });
});
