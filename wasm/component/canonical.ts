/**
 * Reads the canonical definitions of a component (component-model/design/mvp/Binary.md, "canon"): what
 * lifts core functions, lowers functions of components, and what the component runtime does itself.
 */
import type { BinaryInput } from '../binary.ts';
import { type CoreItem, present, type Scope } from './scope.ts';
import { readValueType } from './type-reader.ts';
import { ENCODINGS, type StringEncoding, type TypeRef } from './types.ts';

/** What follows the code of a builtin. */
type Operand =
  /** Index of a type. */
  | 'type'
  /** A result, as functions have it. */
  | 'result'
  | 'options'
  | 'memory'
  /** Number of what is kept for a task. */
  | 'slot'
  /** A flag, a core type, or the number of a table. */
  | 'number';

/** What is not there is older than WASI 0.3.0, or later than what is known here. */
const BUILTINS: Readonly<Record<number, readonly [name: string, ...operands: Operand[]]>> = {
  2: ['resource.new', 'type'],
  4: ['resource.rep', 'type'],
  5: ['task.cancel'],
  6: ['subtask.cancel', 'number'],
  8: ['backpressure.set'],
  9: ['task.return', 'result', 'options'],
  10: ['context.get', 'number', 'slot'],
  11: ['context.set', 'number', 'slot'],
  12: ['thread.yield', 'number'],
  13: ['subtask.drop'],
  14: ['stream.new', 'type'],
  15: ['stream.read', 'type', 'options'],
  16: ['stream.write', 'type', 'options'],
  17: ['stream.cancel-read', 'type', 'number'],
  18: ['stream.cancel-write', 'type', 'number'],
  19: ['stream.drop-readable', 'type'],
  20: ['stream.drop-writable', 'type'],
  21: ['future.new', 'type'],
  22: ['future.read', 'type', 'options'],
  23: ['future.write', 'type', 'options'],
  24: ['future.cancel-read', 'type', 'number'],
  25: ['future.cancel-write', 'type', 'number'],
  26: ['future.drop-readable', 'type'],
  27: ['future.drop-writable', 'type'],
  28: ['error-context.new', 'options'],
  29: ['error-context.debug-message', 'options'],
  30: ['error-context.drop'],
  31: ['waitable-set.new'],
  32: ['waitable-set.wait', 'number', 'memory'],
  33: ['waitable-set.poll', 'number', 'memory'],
  34: ['waitable-set.drop'],
  35: ['waitable.join'],
  36: ['backpressure.inc'],
  37: ['backpressure.dec'],
  38: ['thread.index'],
  39: ['thread.new-indirect', 'number', 'number'],
  40: ['thread.switch-to', 'number'],
  41: ['thread.suspend', 'number'],
  42: ['thread.resume-later'],
  43: ['thread.yield-to', 'number'],
  64: ['thread.spawn-ref', 'number'],
  65: ['thread.spawn-indirect', 'number', 'number'],
  66: ['thread.available-parallelism'],
};

const CODE = { lift: 0, lower: 1, drop: 3, dropAsync: 7 } as const;

/** A function of the component runtime. */
export interface Builtin {
  /** `stream.write`. */
  readonly name: string;
  /** The type of what a stream or a future holds, or of what is returned. */
  readonly type: TypeRef | null;
  readonly memory: CoreItem | undefined;
  readonly encoding: StringEncoding;
  /** Whether it gives back at once though it has to wait. */
  readonly async: boolean;
  /** Of what is kept for a task. */
  readonly slot: number | undefined;
}

/** Reads one definition into the index space of what it makes. */
export function readCanonical(input: BinaryInput, scope: Scope): void {
  const code = input.byte();
  switch (code) {
    case CODE.lift: {
      input.byte();
      const core = present(scope.coreFunctions[input.u32()], 'core function');
      const { async, callback, memory, encoding } = readOptions(input, scope);
      const type = scope.typeAt(input.u32());
      if (type.kind !== 'function') {
        throw new RangeError('a function is lifted to no function type');
      }
      const source = {
        kind: 'lifted' as const,
        core,
        callback,
        async: async || type.type.async,
        memory,
        encoding,
      };
      scope.world.lifted.push(source);
      scope.functions.push({ kind: 'function', type: type.type, source });
      break;
    }
    case CODE.lower: {
      input.byte();
      const func = present(scope.functions[input.u32()], 'function');
      const { memory, encoding, async } = readOptions(input, scope);
      scope.coreFunctions.push({ kind: 'lowered', func, memory, encoding, async });
      break;
    }
    case CODE.drop:
    case CODE.dropAsync:
      scope.coreFunctions.push({ kind: 'drop', resource: scope.resource(input.u32()) });
      break;
    default:
      scope.coreFunctions.push({ kind: 'builtin', builtin: readBuiltin(code, input, scope) });
  }
}

function readBuiltin(code: number, input: BinaryInput, scope: Scope): Builtin {
  const [name, ...operands] = BUILTINS[code] ?? [];
  if (name === undefined) {
    throw new RangeError(`the canonical definition 0x${code.toString(16)} is not supported`);
  }
  let type: TypeRef | null = null;
  let slot: number | undefined;
  let options: Options = { memory: undefined, encoding: 'utf8', async: false, callback: undefined };
  for (const operand of operands) {
    switch (operand) {
      case 'type':
        type = heldType(input.u32(), scope);
        break;
      case 'result':
        type = readResult(input, scope);
        break;
      case 'options':
        options = readOptions(input, scope);
        break;
      case 'memory':
        options = { ...options, memory: scope.coreItem(2, input.u32()) };
        break;
      case 'slot':
        slot = input.u32();
        break;
      case 'number':
        input.u32();
    }
  }
  const { memory, encoding, async } = options;
  return { name, type, memory, encoding, async, slot };
}

/** Of a stream or a future: what it is of. */
function heldType(index: number, scope: Scope): TypeRef | null {
  const type = scope.typeAt(index);
  const ref = type.kind === 'value' ? type.type : undefined;
  const definition = typeof ref === 'number' ? scope.world.types[ref] : undefined;
  return definition?.kind === 'stream' || definition?.kind === 'future'
    ? (definition.of ?? null)
    : null;
}

function readResult(input: BinaryInput, scope: Scope): TypeRef | null {
  if (input.byte() === 0) return readValueType(input, scope);
  input.byte();
  return null;
}

interface Options {
  readonly memory: CoreItem | undefined;
  readonly encoding: StringEncoding;
  readonly async: boolean;
  readonly callback: CoreItem | undefined;
}

function readOptions(input: BinaryInput, scope: Scope): Options {
  let memory: CoreItem | undefined;
  let callback: CoreItem | undefined;
  let encoding: StringEncoding = 'utf8';
  let async = false;
  input.list(() => {
    const code = input.byte();
    const named = ENCODINGS[code];
    if (named !== undefined) encoding = named;
    else if (code === 3) memory = scope.coreItem(2, input.u32());
    else if (code === 4 || code === 5) input.u32();
    else if (code === 6) async = true;
    else if (code === 7) callback = scope.coreItem(0, input.u32());
    else throw new RangeError(`unknown option ${code}`);
  });
  return { memory, encoding, async, callback };
}
