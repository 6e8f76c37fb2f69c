/** Which functions of the component runtime have words, and how their arguments are spelt. */
import { type CoreNumber, unsigned } from '../../wasm/component/flat-values.ts';
import type { WitValue } from '../../wasm/component/value.ts';
import { escapeText } from '../escape.ts';
import type { ChannelEnd } from './channel-ends.ts';
import type { BuiltinMeaning } from './core-meanings.ts';
import type { Task } from './described-call.ts';

/** What a call is about. */
export type Spoken =
  /** An end of a stream or future: something passes, that is broken off, or the end is dropped. */
  | 'copy'
  | 'cancel'
  | 'drop'
  | 'new'
  | 'task'
  | 'subtask'
  | 'set'
  | 'error-context'
  | 'error-context.new';

/** Those with words. */
export const SPOKEN: Readonly<Record<string, Spoken>> = {
  'stream.new': 'new',
  'stream.read': 'copy',
  'stream.write': 'copy',
  'stream.cancel-read': 'cancel',
  'stream.cancel-write': 'cancel',
  'stream.drop-readable': 'drop',
  'stream.drop-writable': 'drop',
  'future.new': 'new',
  'future.read': 'copy',
  'future.write': 'copy',
  'future.cancel-read': 'cancel',
  'future.cancel-write': 'cancel',
  'future.drop-readable': 'drop',
  'future.drop-writable': 'drop',
  'task.return': 'task',
  'task.cancel': 'task',
  'subtask.cancel': 'subtask',
  'waitable-set.wait': 'set',
  'waitable-set.poll': 'set',
  'error-context.new': 'error-context.new',
  'error-context.debug-message': 'error-context',
  'error-context.drop': 'error-context',
};

/** Names of all that have words. */
export const RUNTIME_FUNCTIONS: readonly string[] = Object.keys(SPOKEN);

/** What is called by number only. */
const NUMBERED: Partial<Record<Spoken, string>> = {
  subtask: 'subtask',
  set: 'waitable-set',
  'error-context': 'error-context',
};

/** Names of the values that are passed. */
const VALUES: Readonly<Record<string, string>> = {
  'stream.write': 'data',
  'future.write': 'value',
  'task.return': 'result',
  'error-context.new': 'message',
};

/** The handle that a call is made with: `stream<u8>#4 <stdout>`, `subtask#2`; undefined where there is none. */
export function selfText(
  meaning: BuiltinMeaning,
  core: readonly CoreNumber[],
  about: Spoken,
  format: (value: WitValue) => string,
): string | undefined {
  const handle = unsigned(core[0]);
  const numbered = NUMBERED[about];
  if (numbered !== undefined) return `${numbered}#${handle}`;
  if (about !== 'copy' && about !== 'cancel' && about !== 'drop') return undefined;
  return format(endOf(meaning, handle));
}

/** The end of a stream or future that a function is about. */
export function endOf({ name, type }: BuiltinMeaning, handle: number): ChannelEnd {
  const channel = name.startsWith('stream.') ? 'stream' : 'future';
  return { kind: 'channel', channel, of: type, handle };
}

/** @param count how many values are to be read at most */
export function argumentTexts(
  { name }: BuiltinMeaning,
  {
    self,
    task,
    value,
    count,
  }: {
    readonly self: string | undefined;
    readonly task: Task | undefined;
    readonly value: string | undefined;
    readonly count: number | undefined;
  },
): readonly { readonly name: string; readonly text: string }[] {
  const texts: { name: string; text: string }[] = [];
  if (self !== undefined) texts.push({ name: 'self', text: self });
  if (task !== undefined) texts.push({ name: 'of', text: escapeText(task.name) });
  const of = VALUES[name];
  if (of !== undefined && value !== undefined) texts.push({ name: of, text: value });
  if (name === 'stream.read') texts.push({ name: 'count', text: String(count ?? 0) });
  return texts;
}
