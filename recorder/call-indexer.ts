/**
 * Fills the call index from a log: says what each call is in words, and which file it was about. Runs
 * once per recorded call; calls that were seen before in the same state are not put into words again.
 */
import { ByteKeys } from '../traces/byte-keys.ts';
import { type CallIndex, type CallShape, VALUE_MARK } from '../traces/call-index.ts';
import type { CallScanner } from '../traces/call-scanner.ts';
import type { CallEvent, OpenEvent } from '../traces/events.ts';
import { callBytes, callFd, callPath } from '../wasi/call-columns.ts';
import { argsJson, resultJson } from '../wasi/call-json.ts';
import { DescriptorTable } from '../wasi/descriptors.ts';
import { errnoName } from '../wasi/names.ts';

/** Calls that are remembered. */
const MAX_KNOWN = 20_000;

/** What a key is of. A number beyond 2^53 stands in quotes in JSON, so the two are other words. */
const KEY = { question: 0, questionOfLarge: 1, call: 2 } as const;

/** What a call of the past was, and whether its row holds a value of its own. */
interface Known {
  readonly shape: number;
  readonly valued: boolean;
}

export class CallIndexer {
  private readonly table = new DescriptorTable();
  /** Key of a call → what it was, as long as the open files are the same. */
  private readonly known = new ByteKeys<Known>();
  private calls = 0;

  /** How many calls have been indexed. */
  get callCount(): number {
    return this.calls;
  }

  /** Indexes the calls that the scanner was fed, in order. */
  index(scanner: CallScanner, index: CallIndex): void {
    while (scanner.next()) {
      this.calls++;
      const answer = scanner.answer();
      const { shape, valued } =
        this.recall(scanner, answer) ?? this.learn(scanner, scanner.call(), answer, index);
      const { number, startNs, durationNs } = scanner;
      index.add(number, shape, startNs, durationNs, valued ? answer : undefined);
    }
  }

  private recall(scanner: CallScanner, answer: number | bigint | undefined): Known | undefined {
    const { keyBytes, questionKeyLength, callKeyLength } = scanner;
    if (questionKeyLength < 0) return undefined;
    return (
      this.known.get(keyBytes, questionKeyLength, questionTag(answer)) ??
      this.known.get(keyBytes, callKeyLength, KEY.call)
    );
  }

  private learn(
    scanner: CallScanner,
    call: CallEvent | OpenEvent,
    answer: number | bigint | undefined,
    index: CallIndex,
  ): Known {
    const { table, known } = this;
    const shape = this.shape(call, answer);
    const entry = { shape: index.shapeId(shape), valued: shape.valued };
    const { version } = table;
    table.apply(call, call.number);
    // which path a descriptor stands for follows from the calls before
    if (table.version !== version || known.size >= MAX_KNOWN) {
      known.clear();
      return entry;
    }
    // what the host wrote matters to the words unless the row holds it, or there are none
    const apart = shape.valued || shape.result === undefined || shape.result === '{}';
    const { keyBytes, questionKeyLength, callKeyLength } = scanner;
    if (questionKeyLength < 0) return entry;
    if (apart) known.add(keyBytes, questionKeyLength, questionTag(answer), entry);
    else known.add(keyBytes, callKeyLength, KEY.call, entry);
    return entry;
  }

  private shape(call: CallEvent | OpenEvent, answer: number | bigint | undefined): CallShape {
    const result = call.effects.length === 0 ? undefined : resultJson(call);
    const template = answer === undefined ? undefined : templateOf(result, answer);
    return {
      func: call.func.id,
      fd: callFd(call),
      path: callPath(call, this.table),
      args: argsJson(call),
      errno: call.result === undefined ? undefined : errnoName(call.result),
      result: template ?? result,
      valued: template !== undefined,
      bytes: callBytes(call),
    };
  }
}

function questionTag(answer: number | bigint | undefined): number {
  return typeof answer === 'bigint' ? KEY.questionOfLarge : KEY.question;
}

/** The result with a mark for its number, where that is all there is: `{"time":@}`, `{"time":"@"}`. */
function templateOf(result: string | undefined, answer: number | bigint): string | undefined {
  const [, head, value, tail] = /^(\{"\w+":"?)(\d+)("?\})$/.exec(result ?? '') ?? [];
  return value === String(answer) ? `${head}${VALUE_MARK}${tail}` : undefined;
}
