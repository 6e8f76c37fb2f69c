/**
 * Reads the scripts of the official test suite (`.wast`): a list of modules, calls, and claims about both.
 * Only as much as is needed to run them: what a claim says of results is not looked at, since the same
 * script is run with a changed module beside it.
 */
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { InstructionReader } from '../../replayer/instrument/instruction-reader.ts';
import { compileWat } from '../guests/wat.ts';

/** An argument: bytes of a number (little-endian), or a reference that JavaScript has. */
export type Argument =
  | { readonly bytes: Uint8Array }
  | { readonly reference: 'null' | { readonly host: number } };

export type Command =
  | { readonly kind: 'module'; readonly id: string; readonly module: Uint8Array }
  | { readonly kind: 'instance'; readonly id: string; readonly of: string }
  | { readonly kind: 'definition'; readonly id: string; readonly module: Uint8Array }
  | { readonly kind: 'register'; readonly id: string; readonly as: string }
  | {
      readonly kind: 'invoke';
      readonly id: string;
      readonly name: string;
      readonly args: readonly Argument[];
    }
  /** Said to be invalid or malformed: nobody instantiates it. */
  | { readonly kind: 'refused'; readonly module: Uint8Array };

interface Node {
  readonly from: number;
  readonly to: number;
  /** Undefined for a list. */
  readonly atom: string | undefined;
  readonly items: readonly Node[];
}

/** The module that was made last. */
export const LATEST = '';

export async function readScript(bytes: Uint8Array): Promise<Command[]> {
  const text = Buffer.from(bytes).toString('latin1');
  const reader = new ScriptReader(text);
  return await reader.commands();
}

class ScriptReader {
  private readonly text: string;
  /** Constants in the order of the text, compiled at once in the end. */
  private readonly constants: string[] = [];
  private readonly places: Uint8Array[] = [];

  constructor(text: string) {
    this.text = text;
  }

  async commands(): Promise<Command[]> {
    const forms = parseNodes(this.text);
    const commands: Command[] = [];
    const isScript = forms.some(({ items }) => /^(module|assert)/.test(items[0]?.atom ?? ''));
    if (!isScript) {
      const module = await this.compile(`(module ${this.text})`);
      return module ? [{ kind: 'module', id: LATEST, module }] : [];
    }
    for (const form of forms) await this.command(form, commands);
    await this.compileConstants();
    return commands;
  }

  private async command(form: Node, commands: Command[]): Promise<void> {
    const [head, ...rest] = form.items;
    switch (head?.atom) {
      case 'module':
        await this.module(form, commands);
        return;
      case 'register':
        commands.push({
          kind: 'register',
          as: stringOf(rest[0]).toString(),
          id: rest[1]?.atom ?? LATEST,
        });
        return;
      case 'invoke':
        commands.push(this.invoke(form));
        return;
      case 'assert_return':
      case 'assert_trap':
      case 'assert_exhaustion':
      case 'assert_exception':
      case 'assert_unlinkable': {
        const [action] = rest;
        if (action) await this.command(action, commands);
        return;
      }
      case 'assert_invalid':
      case 'assert_malformed': {
        const { module } = rest[0] ? await this.moduleBytes(rest[0]) : {};
        if (module) commands.push({ kind: 'refused', module });
        return;
      }
      case 'get':
        return;
      default:
        throw new Error(
          `a command that is not known: ${this.text.slice(form.from, form.from + 40)}`,
        );
    }
  }

  private async module(form: Node, commands: Command[]): Promise<void> {
    const [, second, third, fourth] = form.items;
    if (second?.atom === 'instance') {
      commands.push({ kind: 'instance', id: third?.atom ?? LATEST, of: fourth?.atom ?? LATEST });
      return;
    }
    const kind = second?.atom === 'definition' ? 'definition' : 'module';
    const { id, module } = await this.moduleBytes(form);
    if (module === undefined) {
      throw new Error(
        `a module that does not compile: ${this.text.slice(form.from, form.from + 200)}`,
      );
    }
    commands.push({ kind, id, module });
  }

  /** @returns no bytes for a text that is malformed on purpose */
  private async moduleBytes(
    form: Node,
  ): Promise<{ readonly id: string; readonly module?: Uint8Array | undefined }> {
    const items = [...form.items.slice(1)];
    if (items[0]?.atom === 'definition') items.shift();
    const id = items[0]?.atom?.startsWith('$') ? (items.shift()?.atom ?? LATEST) : LATEST;
    const [form0] = items;
    if (form0?.atom === 'binary') {
      return { id, module: Buffer.concat(items.slice(1).map(stringOf)) };
    }
    if (form0?.atom === 'quote') {
      const quoted = Buffer.concat(items.slice(1).map(stringOf)).toString('latin1');
      return { id, module: await this.compile(`(module ${quoted})`) };
    }
    const fields = items.length === 0 ? '' : this.text.slice(form0?.from, form.to - 1);
    return { id, module: await this.compile(`(module ${fields})`) };
  }

  private async compile(latin1: string): Promise<Uint8Array | undefined> {
    const text = Buffer.from(latin1, 'latin1').toString().replace(CONFUSING, escaped);
    try {
      return await parse(text);
    } catch {
      // the older exceptions are known to wabt alone
      return /\btry\b/.test(text) ? await compileWat(text).catch(() => undefined) : undefined;
    }
  }

  private invoke(form: Node): Command {
    const rest = form.items.slice(1);
    const id = rest[0]?.atom?.startsWith('$') ? (rest.shift()?.atom ?? LATEST) : LATEST;
    const [name, ...args] = rest;
    return {
      kind: 'invoke',
      id,
      name: stringOf(name).toString(),
      args: args.map((arg) => this.argument(arg)),
    };
  }

  private argument(node: Node): Argument {
    const op = node.items[0]?.atom ?? '';
    if (op === 'ref.null') return { reference: 'null' };
    if (op.startsWith('ref.')) return { reference: { host: Number(node.items[1]?.atom) } };
    const bytes = new Uint8Array(16);
    this.constants.push(this.text.slice(node.from, node.to));
    this.places.push(bytes);
    return { bytes };
  }

  /** The assembler knows how numbers are written: their bytes stand in its code. */
  private async compileConstants(): Promise<void> {
    if (this.constants.length === 0) return;
    const module = await parse(`(module (func ${this.constants.join(' drop ')} drop))`);
    const code = Buffer.from(module).indexOf(Buffer.of(0x0a));
    let at = code + 1;
    const leb = () => {
      while ((module[at++] as number) >= 0x80);
    };
    // section size, count, body size, locals
    for (let i = 0; i < 4; i++) leb();
    const reader = new InstructionReader(module);
    reader.open(at, module.length);
    for (const place of this.places) {
      reader.next();
      place.set(constantAt(module, reader));
      reader.next();
    }
  }
}

/** The assembler refuses them in a text, where they turn it around; escaped they are names as any. */
const CONFUSING = /[\u202a-\u202e\u2066-\u206f]/g;

function escaped(char: string): string {
  return `\\u{${char.charCodeAt(0).toString(16)}}`;
}

const CONST = { i32: 0x41, i64: 0x42, f32: 0x43, f64: 0x44 } as const;

function constantAt(module: Uint8Array, { code, start, at }: InstructionReader): Uint8Array {
  if (code === CONST.f32 || code === CONST.f64) return module.subarray(start + 1, at);
  if (code !== CONST.i32 && code !== CONST.i64) return module.subarray(at - 16, at);
  let value = 0n;
  let shift = 0n;
  for (let i = start + 1; i < at; i++) {
    value |= BigInt((module[i] as number) & 0x7f) << shift;
    shift += 7n;
  }
  const out = new DataView(new ArrayBuffer(8));
  out.setBigInt64(0, BigInt.asIntN(64, BigInt.asIntN(Number(shift), value)), true);
  return new Uint8Array(out.buffer);
}

const ATOM_END = new Set([' ', '\n', '\t', '\r', '(', ')', ';', '"']);

function parseNodes(text: string): Node[] {
  const top: Node[] = [];
  const open: { from: number; items: Node[] }[] = [];
  const add = (node: Node) => {
    // an annotation means nothing
    if (!node.items[0]?.atom?.startsWith('@')) (open.at(-1)?.items ?? top).push(node);
  };
  let at = 0;
  while (at < text.length) {
    const char = text[at] as string;
    if (text.startsWith(';;', at)) {
      const end = /[\n\r]/g;
      end.lastIndex = at;
      at = end.exec(text)?.index ?? text.length;
    } else if (text.startsWith('(;', at)) at = commentEnd(text, at);
    else if (char === '(') {
      open.push({ from: at, items: [] });
      at++;
    } else if (char === ')') {
      const list = open.pop();
      at++;
      if (list) add({ ...list, to: at, atom: undefined });
    } else if (char === '"') {
      const end = stringEnd(text, at);
      add({ from: at, to: end, atom: text.slice(at, end), items: [] });
      at = end;
    } else if (ATOM_END.has(char)) at++;
    else {
      let end = at;
      while (end < text.length && !ATOM_END.has(text[end] as string)) end++;
      add({ from: at, to: end, atom: text.slice(at, end), items: [] });
      at = end;
    }
  }
  return top;
}

function stringEnd(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function commentEnd(text: string, from: number): number {
  let depth = 0;
  let at = from;
  do {
    if (text.startsWith('(;', at)) depth++;
    else if (text.startsWith(';)', at)) depth--;
    else {
      at++;
      continue;
    }
    at += 2;
  } while (depth > 0);
  return at;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** The bytes that a string stands for. */
function stringOf(node: Node | undefined): Buffer {
  const inside = (node?.atom ?? '""').slice(1, -1);
  const parts: Buffer[] = [];
  for (const [whole, code, hex, char] of inside.matchAll(
    /\\u\{([0-9a-fA-F_]+)\}|\\([0-9a-fA-F]{2})|\\(.)|[^\\]+/gs,
  )) {
    if (code) {
      const point = Number.parseInt(code.replaceAll('_', ''), 16);
      // one that is no character is malformed on purpose
      parts.push(Buffer.from(point <= 0x10ffff ? String.fromCodePoint(point) : '', 'utf8'));
    } else if (hex) parts.push(Buffer.from(hex, 'hex'));
    else if (char) parts.push(Buffer.from(ESCAPES[char] ?? char, 'latin1'));
    else parts.push(Buffer.from(whole, 'latin1'));
  }
  return Buffer.concat(parts);
}
