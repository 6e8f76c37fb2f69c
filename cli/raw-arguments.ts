/**
 * The process's arguments without loss. Node decodes them as UTF-8 and replaces what is none, but a
 * guest's arguments may be any bytes. Such an argument is carried through option parsing as text in
 * which byte b ≥ 0x80 is the lone surrogate U+DC00 + b (Python's surrogateescape, PEP 383, for all of
 * its bytes), which no decoded argument can contain.
 */
import { readFileSync } from 'node:fs';

const REPLACED = '\ufffd';
const CARRIER = 0xdc00;
const CARRIED = /[\udc80-\udcff]/;

/** Arguments after the script's name. */
export function rawArguments(): string[] {
  const args = process.argv.slice(2);
  if (!args.some((arg) => arg.includes(REPLACED))) return args;
  const raw = readRaw('/proc/self/cmdline').slice(-args.length);
  return raw.length === args.length ? raw.map(carry) : args;
}

/** A variable of the environment; undefined where it is not set. */
export function rawVariable(name: string): string | undefined {
  const value = process.env[name];
  if (!value?.includes(REPLACED)) return value;
  const prefix = Buffer.from(`${name}=`);
  const entry = readRaw('/proc/self/environ').find((bytes) => bytes.indexOf(prefix) === 0);
  return entry === undefined ? value : carry(entry.subarray(prefix.length));
}

/** The bytes that were carried, or the text as it is. */
export function guestText(text: string): string | Uint8Array {
  if (!CARRIED.test(text)) return text;
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}

/** NUL-terminated strings; none where the system has no such file (only Linux does). */
function readRaw(path: string): Buffer[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return [];
  }
  const strings: Buffer[] = [];
  for (let start = 0, end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    strings.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return strings;
}

function carry(bytes: Buffer): string {
  const text = bytes.toString();
  if (Buffer.from(text).equals(bytes)) return text;
  const codes = Array.from(bytes, (byte) => (byte < 0x80 ? byte : CARRIER + byte));
  // not String.fromCharCode(...codes): an argument may be 128 KiB
  return codes.map((code) => String.fromCharCode(code)).join('');
}
