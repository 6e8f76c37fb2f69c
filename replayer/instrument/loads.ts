/**
 * Every instruction that only reads a linear memory, as data. Those that also write stand in stores.ts; waiting
 * for a notification traps in the memories that a recorded guest can have, which are not shared.
 */
import { OPCODES } from '../../wasm/opcodes.ts';

export interface LoadKind {
  readonly name: string;
  /** Bytes that it reads. */
  readonly width: number;
  /** A vector lies above the address on the stack. */
  readonly lane: boolean;
}

/**
 * `i32.load`, `i64.load16_s`, `i64.atomic.load32_u`, `v128.load8x8_s`, `v128.load32_splat`, `v128.load64_zero`,
 * `v128.load8_lane`
 */
const LOAD = /^(i32|i64|f32|f64|v128)\.(?:atomic\.)?load(?:(\d+)(?:x(\d+))?)?(_\w+)?$/;

const BYTES: Readonly<Record<string, number>> = { i32: 4, i64: 8, f32: 4, f64: 8, v128: 16 };

/** By opcode code. */
export const LOADS: ReadonlyMap<number, LoadKind> = new Map(
  OPCODES.flatMap(({ code, name }) => {
    const [, type = '', bits, lanes = '1', suffix] = LOAD.exec(name) ?? [];
    const whole = BYTES[type];
    if (whole === undefined) return [];
    const width = bits === undefined ? whole : (Number(bits) * Number(lanes)) / 8;
    return [[code, { name, width, lane: suffix === '_lane' }] as const];
  }),
);
