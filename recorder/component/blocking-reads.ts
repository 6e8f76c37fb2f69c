/**
 * Blocking reads of a component's streams, as WASI has them: until there is at least one byte, or no more to come.
 * The shim's give nothing where a stream has come to its end and does not know it yet, which a program takes for
 * the end or asks again: one call more or less, as chance has it. Changes the shim's class of streams, so this is for
 * a thread that runs one component.
 */
import type { Interfaces } from './provided-interfaces.ts';

type Method = (this: object, length: bigint) => Uint8Array | bigint;

/** They give what was read, and how much was left out. */
const BLOCKING = ['blockingRead', 'blockingSkip'];

/** @param imports with the shim's streams, which are changed */
export function blockUntilSome(imports: Interfaces): void {
  const { InputStream } = imports['wasi:io/streams'] as {
    InputStream: { prototype: Record<string, Method> };
  };
  for (const name of BLOCKING) {
    const method = InputStream.prototype[name];
    if (method === undefined) continue;
    InputStream.prototype[name] = function (length) {
      for (;;) {
        const got = method.call(this, length);
        if (length === 0n || (typeof got === 'bigint' ? got > 0n : got.length > 0)) return got;
      }
    };
  }
}
