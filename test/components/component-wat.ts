/** Small components in WebAssembly text, assembled with the tools that jco brings. */
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';

export async function component(...definitions: readonly string[]): Promise<Uint8Array> {
  return parse(`(component ${definitions.join('\n')})`);
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
