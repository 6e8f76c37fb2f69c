/** llvm-symbolizer as an oracle: the calls of the source at an address. */
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';

const TOOL = 'llvm-symbolizer-19';

export const HAS_SYMBOLIZER = spawnSync(TOOL, ['--version']).status === 0;

interface Symbol {
  readonly FunctionName: string;
  readonly FileName: string;
  readonly Line: number;
  readonly Column: number;
}

/**
 * One text for each address: the calls that stand there, innermost first. The outermost has no name: the
 * tool takes it from its symbol table, whose addresses for wasm are other ones.
 */
export function symbolize(path: string, addresses: readonly number[]): string[] {
  const { stdout } = spawnSync(TOOL, [`--obj=${path}`, '--output-style=JSON'], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    input: addresses.map((address) => `0x${address.toString(16)}\n`).join(''),
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const { Symbol: calls } = JSON.parse(line) as { readonly Symbol: readonly Symbol[] };
      return calls
        .map(({ FunctionName, FileName, Line, Column }, i) => {
          const name = i < calls.length - 1 ? rustName(FunctionName) : '*';
          return callText(name, FileName, Line, Column);
        })
        .join(' < ');
    });
}

const ESCAPES = new Map(
  Object.entries({ LT: '<', GT: '>', RF: '&', BP: '*', C: ',', LP: '(', RP: ')', SP: '@' }),
);

/** The tool reads Rust's mangled names (rustc's legacy scheme) as if they were C++'s. */
function rustName(name: string): string {
  if (!/::h[0-9a-f]{16}$/.test(name)) return name;
  return name
    .replace(/::h[0-9a-f]{16}$/, '')
    .replace(/(^|::)_(?=\$)/g, '$1')
    .replace(/\$u([0-9a-f]+)\$/g, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/\$([A-Z]+)\$/g, (whole, word) => ESCAPES.get(word) ?? whole)
    .replaceAll('..', '::');
}

/**
 * @param name with or without parameters: demanglers differ in them
 * @param column 0 for none; the tool gives a line of 0 a column, too
 */
export function callText(name: string, file: string, line: number, column: number): string {
  return `${name.replace(/\(.*$/, '')} ${basename(file)}:${line}:${line === 0 ? 0 : column}`;
}
