/** Streams, futures, subtasks and tasks of WASI 0.3 in words, out of events as a log has them. */
import { describe, expect, test } from 'vitest';
import { answerText, callHead, lateAnswerText } from '../../../wasi/component/call-words.ts';
import { ComponentCalls } from '../../../wasi/component/component-calls.ts';
import { type BuiltinLink, CoreMeanings } from '../../../wasi/component/core-meanings.ts';
import type { Crossing, Followed } from '../../../wasi/component/described-call.ts';
import type { CoreNumber } from '../../../wasm/component/flat-values.ts';
import type { ComponentWords } from '../../../wasm/component/types.ts';

const BLOCKED = -1;

const WORDS: ComponentWords = {
  types: [
    /* 0 */ { kind: 'enum', names: ['io', 'pipe'], name: 'error-code' },
    /* 1 */ { kind: 'result', ok: null, err: 0 },
    /* 2 */ { kind: 'stream', of: 'u8' },
    /* 3 */ { kind: 'future', of: 1 },
    /* 4 */ { kind: 'tuple', items: [2, 3] },
    /* 5 */ { kind: 'borrow', resource: 0 },
    /* 6 */ { kind: 'result', ok: 'string', err: 0 },
  ],
  resources: [{ interface: 'a:b/fs', name: 'descriptor' }],
  functions: [
    { interface: 'wasi:cli/stdin@0.3.0', name: 'read-via-stream', params: [], result: 4 },
    {
      interface: 'wasi:cli/stdout@0.3.0',
      name: 'write-via-stream',
      params: [{ name: 'data', type: 2 }],
      result: 3,
    },
    {
      interface: 'a:b/fs',
      name: 'descriptor.stat',
      params: [
        { name: 'self', type: 5 },
        { name: 'path', type: 'string' },
        { name: 'at', type: 'u64' },
        { name: 'more', type: 'u32' },
      ],
      result: 6,
    },
    { interface: 'wasi:cli/run@0.3.0', name: 'run', params: [], result: 1 },
  ],
  lifted: [{ func: 3, module: 1, name: 'run', async: true, callback: 'callback' }],
  instances: [{ module: 1, component: 0 }],
};

const builtin = (name: string, type: BuiltinLink['type'] = null): BuiltinLink => ({
  name,
  type,
  memory: 0,
  encoding: 'utf8',
  async: true,
});

/** By id of the function. */
const BUILTINS: readonly BuiltinLink[] = [
  builtin('stream.new', 'u8'),
  builtin('stream.read', 'u8'),
  builtin('stream.write', 'u8'),
  builtin('stream.cancel-read', 'u8'),
  builtin('stream.drop-writable', 'u8'),
  builtin('future.read', 1),
  builtin('future.write', 1),
  builtin('task.return', 1),
  builtin('waitable.join'),
  builtin('waitable-set.wait'),
  builtin('subtask.cancel'),
  builtin('context.set'),
  builtin('context.get'),
  builtin('stream.read', 'string'),
  builtin('stream.write'),
];
const FUNCTIONS = 100;
/** That of the code between two components which takes a stream from one to the other. */
const TRANSFER = 200;

/** Follows events that a test makes. */
class Log {
  private readonly calls: ComponentCalls;
  private next = 0;

  constructor() {
    const links = [
      ...BUILTINS.map((link, func) => ({ kind: 'host', func, builtin: link })),
      ...WORDS.functions.map((_, i) => ({
        kind: 'host',
        func: FUNCTIONS + i,
        lowered: { func: i, memory: 0, encoding: 'utf8' as const, async: i === 2 },
      })),
      { kind: 'host', module: 'stream', name: 'transfer', func: TRANSFER },
    ];
    const meanings = new CoreMeanings(WORDS, [{ id: 0, module: 1, links }]);
    this.calls = new ComponentCalls(meanings, { maxText: 32, maxItems: 8 });
  }

  follow(event: Omit<Crossing, 'number'>): Followed {
    return this.calls.follow({ number: this.next++, ...event });
  }

  /** A call as the log of the command line has it, without its number. */
  call(
    name: string | number,
    args: readonly CoreNumber[],
    results: readonly CoreNumber[] = [],
    given: Partial<Crossing> = {},
  ): string | undefined {
    const id = typeof name === 'number' ? name : BUILTINS.findIndex((one) => one.name === name);
    const func = { id, instance: 0, name: String(name) };
    return told(this.follow({ kind: 'call', func, args, results, ...given }));
  }

  enter(name: string, ...args: number[]): Followed {
    return this.follow({ kind: 'enter', func: { id: 900, instance: 0, name }, args });
  }

  leave(opened: number, code: number): Followed {
    return this.follow({ kind: 'leave', opened, results: [code] });
  }
}

function told(followed: Followed): string | undefined {
  if ('call' in followed) {
    const { call } = followed;
    return `${callHead(call.name, call.args)} ${answerText(call)}`;
  }
  if (followed.kind === 'resumed') {
    const { task, event, arrived } = followed;
    return `${task?.name ?? 'a task'} of #${task?.entered}: ${arrived ? lateAnswerText(arrived) : event}`;
  }
  if (followed.kind === 'paused') return `${followed.task?.name} ${followed.how}`;
  return undefined;
}

const read = (address: number, text: string): Partial<Crossing> => ({
  hostReads: {
    places: [{ form: 'absolute', address, length: text.length }],
    kept: Buffer.from(text),
  },
});

const written = (address: number, bytes: string | readonly number[]): Partial<Crossing> => ({
  changes: [{ kind: 'write', memory: 0, address, bytes: Buffer.from(bytes as string) }],
});

const words = (...values: number[]) => [...Buffer.from(Uint32Array.from(values).buffer)];

test('what one component gives another is of nothing known any more, on either side', () => {
  const log = new Log();
  const given = written(64, words(2, 9));
  log.call(FUNCTIONS, [64], [], given);
  log.call('stream.read', [2, 64, 8], [BLOCKED]);
  log.call(TRANSFER, [2, 0, 1], [9]);
  expect(log.call('stream.read', [2, 64, 8], [1])).toBe('stream<u8>#2.read(8) = closed');
  expect(log.call('future.read', [9, 64], [BLOCKED])).toBe('future<result>#9.read() = blocked');
});

describe('a stream', () => {
  test('that takes and gives all at once', () => {
    const log = new Log();
    expect(log.call('stream.write', [4, 64, 5], [5 << 4], read(64, 'hello'))).toBe(
      'stream<u8>#4.write(5 bytes "hello") = 5',
    );
    expect(log.call('stream.read', [5, 64, 8], [3 << 4], written(64, 'abc'))).toBe(
      'stream<u8>#5.read(8) = 3 bytes "abc"',
    );
  });

  test('that closes, with and without a last chunk', () => {
    const log = new Log();
    expect(log.call('stream.read', [5, 64, 8], [(3 << 4) | 1], written(64, 'abc'))).toBe(
      'stream<u8>#5.read(8) = 3 bytes "abc" (closed)',
    );
    expect(log.call('stream.read', [5, 64, 8], [1])).toBe('stream<u8>#5.read(8) = closed');
    expect(log.call('stream.write', [4, 64, 2], [1], read(64, 'ab'))).toBe(
      'stream<u8>#4.write(2 bytes "ab") = closed',
    );
  });

  test('whose chunk comes with an event has it there, and nothing that was written elsewhere', () => {
    const log = new Log();
    expect(log.call('stream.read', [5, 64, 8], [BLOCKED])).toBe('stream<u8>#5.read(8) = blocked');
    log.call('context.get', [], [0], written(512, 'other'));
    log.call('context.get', [], [0], written(64, 'hello'));
    expect(told(log.enter('callback', 2, 5, 5 << 4))).toBe(
      'a task of #undefined: stream<u8>#5.read of #0 = 5 bytes "hello"',
    );
    // it is told once
    expect(told(log.enter('callback', 2, 5, 5 << 4))).toBe('a task of #undefined: stream-read');
  });

  test('that is waited for with a set', () => {
    const log = new Log();
    log.call('stream.write', [4, 64, 5], [BLOCKED], read(64, 'hello'));
    expect(log.call('waitable-set.wait', [1, 128], [3], written(128, words(4, 4 << 4)))).toBe(
      'waitable-set#1.wait() = stream-write: stream<u8>#4.write of #0 = 4',
    );
  });

  test('whose read is broken off', () => {
    const log = new Log();
    log.call('stream.read', [5, 64, 8], [BLOCKED]);
    expect(log.call('stream.cancel-read', [5], [(2 << 4) | 2], written(64, 'hi'))).toBe(
      'stream<u8>#5.cancel-read() = 2 bytes "hi" (cancelled) of #0',
    );
    log.call('stream.read', [5, 64, 8], [BLOCKED]);
    expect(log.call('stream.cancel-read', [5], [2])).toBe(
      'stream<u8>#5.cancel-read() = cancelled of #2',
    );
  });

  test('of strings, which lie elsewhere', () => {
    const log = new Log();
    const strings = BUILTINS.findIndex(({ type }) => type === 'string');
    log.call(strings, [7, 64, 4], [BLOCKED]);
    log.call('context.get', [], [0], written(512, 'one'));
    log.call('context.get', [], [0], written(515, 'two'));
    log.call('context.get', [], [0], written(64, words(512, 3, 515, 3)));
    expect(told(log.enter('callback', 2, 7, 2 << 4))).toContain('= ["one", "two"]');
  });

  test('of nothing but its length', () => {
    const log = new Log();
    const unit = BUILTINS.findLastIndex(({ name }) => name === 'stream.write');
    expect(log.call(unit, [7, 0, 4], [4 << 4])).toBe('stream#7.write() = 4');
  });

  test('has the name of what it was given to, or came from', () => {
    const log = new Log();
    log.call('stream.new', [], [4n | (2n << 32n)]);
    log.call(FUNCTIONS + 1, [4], [7]);
    expect(log.call('stream.write', [2, 64, 2], [2 << 4], read(64, 'ab'))).toBe(
      'stream<u8>#2 <stdout>.write(2 bytes "ab") = 2',
    );
    expect(log.call('future.read', [7, 64], [0], written(64, [1, 1]))).toBe(
      'future<result>#7 <stdout>.read() = err(pipe)',
    );
    log.call('stream.drop-writable', [2]);
    expect(log.call(FUNCTIONS, [64], [], written(64, words(2, 9)))).toBe(
      'read-via-stream() = (stream<u8>#2 <stdin>, future<result>#9 <stdin>)',
    );
  });
});

test('a future that is written, and one whose other end is gone', () => {
  const log = new Log();
  const ok = {
    hostReads: {
      places: [{ form: 'absolute', address: 64, length: 2 }],
      kept: Buffer.from([0, 0]),
    },
  };
  expect(log.call('future.write', [3, 64], [0], ok)).toBe('future<result>#3.write(ok) = ()');
  expect(log.call('future.write', [3, 64], [1], ok)).toBe('future<result>#3.write(ok) = closed');
});

describe('a function that may return later', () => {
  /** descriptor, path, at, more are five core values: they lie in memory. */
  const stat = FUNCTIONS + 2;
  const args: Partial<Crossing> = {
    hostReads: {
      places: [
        { form: 'absolute', address: 64, length: 32 },
        { form: 'absolute', address: 200, length: 2 },
      ],
      kept: Buffer.concat([Buffer.from(words(3, 200, 2, 0, 7, 0, 9, 0)), Buffer.from('in')]),
    },
  };
  const result = [
    { kind: 'write', memory: 0, address: 300, bytes: Buffer.from('text') },
    { kind: 'write', memory: 0, address: 128, bytes: Buffer.from(words(0, 300, 4)) },
  ];

  test('has its arguments in memory where they are more than four, and returns at once', () => {
    const log = new Log();
    expect(log.call(stat, [64, 128], [2], { ...args, changes: result })).toBe(
      'descriptor.stat(descriptor#3, "in", 7, 9) = ok("text")',
    );
  });

  test('or with an event', () => {
    const log = new Log();
    expect(log.call(stat, [64, 128], [(6 << 4) | 1], args)).toBe(
      'descriptor.stat(descriptor#3, "in", 7, 9) = started subtask#6',
    );
    log.call('context.get', [], [0], { changes: result });
    expect(told(log.enter('callback', 1, 6, 2))).toBe(
      'a task of #undefined: a:b/fs descriptor.stat of #0 = ok("text")',
    );
  });

  test('or is cancelled', () => {
    const log = new Log();
    log.call(stat, [64, 128], [6 << 4], args);
    expect(told(log.enter('callback', 1, 6, 1))).toBe('a task of #undefined: subtask');
    expect(log.call('subtask.cancel', [6], [4])).toBe('subtask#6.cancel() = cancelled of #0');
  });
});

describe('tasks', () => {
  const WAIT = 2;

  test('are known by the set that each waits for, whatever order they go on in', () => {
    const log = new Log();
    log.enter('run'); // #0
    log.call('waitable.join', [11, 1]);
    expect(told(log.leave(0, WAIT | (1 << 4)))).toBe('run waits');
    log.enter('run'); // #3
    log.call('waitable.join', [12, 2]);
    log.leave(3, WAIT | (2 << 4));
    expect(told(log.enter('callback', 4, 12, 0))).toMatch(/^run of #3:/); // #6
    expect(log.call('task.return', [1, 0])).toBe('task.return run(err(io)) of #3');
    expect(told(log.leave(6, 0))).toBe('run is done');
    expect(told(log.enter('callback', 4, 11, 0))).toMatch(/^run of #0:/);
    expect(log.call('task.return', [0, 0])).toBe('task.return run(ok) of #0');
  });

  test('that wait for one set, by what each keeps', () => {
    const log = new Log();
    for (const kept of [4096, 8192]) {
      const { entered } = { entered: log.enter('run') };
      expect(entered.kind).toBe('entered');
      log.call('context.set', [kept]);
      log.call('waitable.join', [kept >> 8, 1]);
      log.leave(kept === 4096 ? 0 : 4, WAIT | (1 << 4));
    }
    expect(told(log.enter('callback', 4, 8192 >> 8, 0))).toMatch(/^a task/);
    expect(log.call('task.return', [0, 0])).toBe('task.return(ok) = ()');
    log.call('context.get', [], [8192]);
    expect(log.call('task.return', [0, 0])).toBe('task.return run(ok) of #4');
  });

  test('of a log that begins any number of them are no hang', () => {
    const log = new Log();
    const count = 10_000;
    for (let i = 0; i < count; i++) {
      log.call('stream.read', [i, 64, 8], [BLOCKED], written(64, 'abc'));
      log.enter('run');
      log.leave(2 * i + 1 + i, WAIT | (1 << 4));
    }
    log.call('waitable.join', [7, 1]);
    for (let i = 0; i < count; i++) log.enter('callback', 4, 7, 0);
    for (let i = 0; i < count; i++) log.leave(3 * i, 0);
    expect(told(log.enter('callback', 2, 3, 5 << 4))).toContain('stream<u8>#3.read of');
  });

  test('that are called in a call are over where that is answered, though they are told to end later', () => {
    const log = new Log();
    log.enter('run'); // #0
    log.follow({ kind: 'open', func: { id: 9, instance: 0, name: 'call' }, args: [1, 128] }); // #1
    log.enter('another'); // #2
    log.follow({ kind: 'return', opened: 1, results: [0] });
    expect(log.call('task.return', [0, 0])).toBe('task.return run(ok) of #0');
    log.follow({ kind: 'leave', opened: 2, results: [0] });
    expect(log.call('task.return', [0, 0])).toBe('task.return run(ok) of #0');
  });

  test('that suspend go on in the order of their answers', () => {
    const log = new Log();
    const wait = { kind: 'open', func: { id: 9, instance: 0, name: 'wait' }, args: [1, 128] };
    log.enter('run'); // #0
    log.follow(wait); // #1
    log.follow({ kind: 'suspend', opened: 1 });
    log.enter('run'); // #3
    log.follow(wait); // #4
    log.follow({ kind: 'suspend', opened: 4 });
    log.follow({ kind: 'return', opened: 4, results: [0] });
    log.follow({ kind: 'return', opened: 1, results: [0] });
    expect(log.call('task.return', [0, 0])).toBe('task.return run(ok) of #3');
    log.follow({ kind: 'leave', opened: 3, results: [] });
    expect(log.call('task.return', [0, 0])).toBe('task.return run(ok) of #0');
  });
});
