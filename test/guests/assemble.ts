/**
 * A thin macro layer over WebAssembly text, so that a guest shows only what it is about. `program`
 * turns module fields into a whole module:
 *
 * - `$fd_write` or any other WASI function that the fields name is imported;
 * - `(say "text")` writes the text to stdout; `$say`, `$say_number` and `$hash` are there when named;
 * - a memory of one page is exported unless the fields declare a memory.
 *
 * Addresses below 2048 belong to these macros (0–63 scratch, then the texts); guests use 2048 and up.
 */
import { importLine, SIGNATURES, type WasiName } from './signatures.ts';

const TEXTS_START = 64;
const TEXTS_END = 2048;

const HELPERS = {
  $say: `
  ;; Writes length bytes at the address to stdout, with the iovec at 0 and the count at 8.
  (func $say (param $at i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))`,
  $say_number: `
  ;; Writes a signed decimal number and a newline.
  (func $say_number (param $number i32)
    (local $at i32) (local $rest i32)
    (local.set $at (i32.const 47))
    (i32.store8 (i32.const 47) (i32.const 10))
    (local.set $rest (local.get $number))
    (if (i32.lt_s (local.get $number) (i32.const 0))
      (then (local.set $rest (i32.sub (i32.const 0) (local.get $number)))))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.rem_u (local.get $rest) (i32.const 10))))
      (local.set $rest (i32.div_u (local.get $rest) (i32.const 10)))
      (br_if $digit (local.get $rest)))
    (if (i32.lt_s (local.get $number) (i32.const 0))
      (then
        (local.set $at (i32.sub (local.get $at) (i32.const 1)))
        (i32.store8 (local.get $at) (i32.const 45))))
    (call $say (local.get $at) (i32.sub (i32.const 48) (local.get $at))))`,
  $hash: `
  ;; FNV-1a of length bytes at the address, continued from seed (first: 0x811c9dc5).
  (func $hash (param $at i32) (param $length i32) (param $seed i32) (result i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $at) (local.get $end)))
        (local.set $seed
          (i32.mul
            (i32.xor (local.get $seed) (i32.load8_u (local.get $at)))
            (i32.const 0x01000193)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $seed))`,
};

/**
 * A whole module from its fields.
 *
 * @param fields module fields in WebAssembly text; imports of their own come first in them
 * @param from the module name under which WASI functions are imported
 */
export function program(fields: string, from = 'wasi_snapshot_preview1'): string {
  const { text, segments } = expandTexts(fields);
  const helpers = helpersFor(text);
  const body = `${text}${helpers}`;
  const names = Object.keys(SIGNATURES) as WasiName[];
  return [
    '(module',
    ...names.filter((name) => mentions(body, `$${name}`)).map((name) => importLine(name, from)),
    body,
    /\(memory\s/.test(body) ? '' : '(memory (export "memory") 1)',
    ...segments,
    ')',
  ].join('\n');
}

/** A data segment at a constant address. Text stands for its UTF-8 bytes. */
export function data(address: number, content: string | Uint8Array): string {
  return `(data (i32.const ${address}) "${escaped(content)}")`;
}

/** Numbers as consecutive little-endian u32, for `data`: an iovec array, say. */
export function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

function expandTexts(fields: string): { text: string; segments: string[] } {
  const addresses = new Map<string, number>();
  let end = TEXTS_START;
  const text = fields.replace(/\(say "([^"]*)"\)/g, (_, content: string) => {
    const length = Buffer.byteLength(content);
    let address = addresses.get(content);
    if (address === undefined) {
      address = end;
      end += length;
      if (end > TEXTS_END) throw new Error('the texts of one guest exceed their space');
      addresses.set(content, address);
    }
    return `(call $say (i32.const ${address}) (i32.const ${length}))`;
  });
  return { text, segments: [...addresses].map(([content, address]) => data(address, content)) };
}

function helpersFor(text: string): string {
  const number = mentions(text, '$say_number');
  return [
    number || mentions(text, '$say') ? HELPERS.$say : '',
    number ? HELPERS.$say_number : '',
    mentions(text, '$hash') ? HELPERS.$hash : '',
  ].join('');
}

function mentions(text: string, identifier: string): boolean {
  const at = text.indexOf(identifier);
  if (at < 0) return false;
  const next = text[at + identifier.length];
  // `$fd_read` is also how `$fd_readdir` begins.
  return next === undefined || !/[a-z_0-9]/.test(next)
    ? true
    : mentions(text.slice(at + identifier.length), identifier);
}

function escaped(content: string | Uint8Array): string {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Array.from(bytes, (byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
}
