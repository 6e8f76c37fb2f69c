/**
 * `node make.ts CLANG [--count N] [--first SEED]`: compiles random expressions for wasm32 and writes to
 * expressions.json what they are worth. Signed numbers wrap; what traps or is no constant size is left out.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptOptions } from '../../../script-options.ts';
import { randomFrom } from '../../../wasi/random.ts';
import { randomExpression, VARIABLES } from './random-expression.ts';

const { values, positionals } = scriptOptions('node make.ts CLANG [--count N] [--first SEED]', {
  options: {
    count: { type: 'string', default: '700' },
    first: { type: 'string', default: '1' },
    output: { type: 'string', default: join(import.meta.dirname, 'expressions.json') },
  },
  allowPositionals: true,
});

/** Letter of its kind, and bytes. */
const KINDS: readonly [type: string, kind: string][] = [
  ...(['char', 'signed char', 'short', 'int', 'long', 'long long'] as const).map(
    (type) => [type, 's'] as [string, string],
  ),
  ...(
    ['unsigned char', 'unsigned short', 'unsigned', 'unsigned long', 'unsigned long long'] as const
  ).map((type) => [type, 'u'] as [string, string]),
  ['_Bool', 'b'],
  ...(['float', 'double'] as const).map((type) => [type, 'f'] as [string, string]),
];

/** Of constants, they would be left to chance. */
const DIVISIONS = ['-fsanitize=integer-divide-by-zero', '-fsanitize-trap=all'];

const first = Number(values.first);
const expressions = [
  ...new Set(
    Array.from({ length: Number(values.count) }, (_, i) => randomExpression(randomFrom(first + i))),
  ),
  // gdb's characters are of one byte, and ours
].filter((text) => !/sizeof.*'/.test(text));
const generic = KINDS.map(([type, kind]) => `${type}: '${kind}'`).join(', ');
const source = [
  ...VARIABLES.map(
    ([name, type, value]) => `static ${type.replace('*', '* volatile')} ${name} = ${value};`,
  ),
  'unsigned char result[16]; unsigned char kind, size;',
  ...expressions.map(
    (text, n) =>
      `void e${n}(void) { __typeof__((${text})) v = (${text}); kind = _Generic((${text}), ${generic}, default: 'p'); size = sizeof(${text}); __builtin_memcpy(result, &v, sizeof v); }`,
  ),
].join('\n');

const folder = mkdtempSync(join(tmpdir(), 'wasi-rr-c-expressions-'));
const file = join(folder, 'e.c');
writeFileSync(file, source);
execFileSync(positionals[0] ?? 'clang', [
  ...[
    '--target=wasm32',
    '-nostdlib',
    '-O0',
    '-fwrapv',
    '-w',
    ...DIVISIONS,
    '-Wl,--no-entry',
    '-Wl,--export-all',
  ],
  ...['-o', join(folder, 'e.wasm'), file],
]);
const module = new WebAssembly.Module(readFileSync(join(folder, 'e.wasm')));
rmSync(folder, { recursive: true });
const { exports } = new WebAssembly.Instance(module);
const memory = Buffer.from((exports.memory as WebAssembly.Memory).buffer);
const at = (name: string) => Number((exports[name] as WebAssembly.Global).value);
const found: string[] = [];
for (const [n, text] of expressions.entries()) {
  try {
    (exports[`e${n}`] as () => void)();
  } catch {
    continue;
  }
  const size = memory.readUInt8(at('size'));
  const kind = String.fromCharCode(memory.readUInt8(at('kind')));
  const bytes = memory.subarray(at('result'), at('result') + size).toString('hex');
  found.push(JSON.stringify([text, `${kind}${size}`, bytes]));
}
writeFileSync(values.output, `[\n${found.join(',\n')}\n]\n`);
console.log(`${found.length} of ${expressions.length} expressions have a value`);
