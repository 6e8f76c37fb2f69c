/** Small components in WebAssembly text, assembled with the tools that jco brings. */
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';

export async function component(...definitions: readonly string[]): Promise<Uint8Array> {
  return parse(`(component ${definitions.join('\n')})`);
}

/** Id of the section that is a core module, and bytes of what stands before the first section. */
const CORE_MODULE = 1;
const PREAMBLE = 8;

/** Puts a core module in the place of one of a component's own: text cannot name a file. @param nth from 0 */
export function withCoreModule(component: Uint8Array, nth: number, module: Uint8Array): Uint8Array {
  let at = PREAMBLE;
  for (let modules = 0; at < component.length; ) {
    const id = component[at];
    const size = leb(component, at + 1);
    const end = size.end + size.value;
    if (id === CORE_MODULE && modules++ === nth) {
      const section = [Buffer.of(CORE_MODULE), encodedLeb(module.length), module];
      return Buffer.concat([component.subarray(0, at), ...section, component.subarray(end)]);
    }
    at = end;
  }
  throw new Error(`the component has no core module ${nth}`);
}

function leb(bytes: Uint8Array, from: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let at = from, shift = 0; ; at++, shift += 7) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, end: at + 1 };
  }
}

function encodedLeb(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
    if (rest < 0x80) return Uint8Array.from(bytes);
  }
}

/**
 * A core module and what makes a command of its export `run`.
 * @param code of the module, which exports `run`: 0 is success
 * @param given arguments of its instantiation
 */
export function command(code: string, given = '', version = '0.2.3'): string {
  return `
    (core module $command ${code})
    (core instance $command (instantiate $command ${given}))
    (func $run (result (result)) (canon lift (core func $command "run")))
    (instance $exported (export "run" (func $run)))
    (export "wasi:cli/run@${version}" (instance $exported))`;
}

/** Code that recurses 50 frames deep, then does `bottom`. */
export function deep(bottom: string): string {
  return `
    (func $deep (param i32)
      local.get 0
      i32.eqz
      if
        ${bottom}
      end
      local.get 0
      i32.const 1
      i32.sub
      call $deep)
    (func (export "go") i32.const 50 call $deep)`;
}

/** A command that calls `go` of a component of its own, whose code is given. */
export function outer(inner: string, given = ''): string {
  return `
    (component $inner ${inner})
    (instance $inner (instantiate $inner ${given}))
    (core func $go (canon lower (func $inner "go")))
    ${command(
      '(import "inner" "go" (func $go)) (func (export "run") (result i32) call $go i32.const 0)',
      '(with "inner" (instance (export "go" (func $go))))',
    )}`;
}
