/** Every instruction that writes to a linear memory, as data: how much it writes, and what is on its stack. */
import { OPCODES, type Opcode } from '../../wasm/opcodes.ts';
import { TYPE } from './module-layout.ts';

export interface StoreKind {
  readonly name: string;
  /** Bytes that it writes. */
  readonly width: number;
  /** Type of the values above the address on the stack, the last on top: one, or two for a cmpxchg. */
  readonly value: number;
  readonly values: 1 | 2;
  /** It reads what it writes over: a read-modify-write. */
  readonly reads: boolean;
}

/** Those whose extent is on the stack: memory.fill, memory.copy, memory.init. */
export const BULK_WRITE = { init: 0xfc0008, copy: 0xfc000a, fill: 0xfc000b } as const;

const BITS: Readonly<Record<string, number>> = { i32: 32, i64: 64, f32: 32, f64: 64, v128: 128 };

/** `i64.store16`, `v128.store8_lane`, `i32.atomic.store8`, `i64.atomic.rmw16.add_u`. */
const STORE = /^(i32|i64|f32|f64|v128)\.(?:atomic\.)?(?:store|rmw)(\d+)?(?:_lane|\.\w+)?$/;

function storeKind({ name }: Opcode): StoreKind | undefined {
  const [, type = '', bits] = STORE.exec(name) ?? [];
  const whole = BITS[type];
  if (whole === undefined) return undefined;
  return {
    name,
    width: Number(bits ?? whole) / 8,
    value: TYPE[type as keyof typeof TYPE],
    values: name.includes('cmpxchg') ? 2 : 1,
    reads: name.includes('.rmw'),
  };
}

/** By opcode code. */
export const STORES: ReadonlyMap<number, StoreKind> = new Map(
  OPCODES.flatMap((opcode) => {
    const kind = storeKind(opcode);
    return kind ? [[opcode.code, kind] as const] : [];
  }),
);
