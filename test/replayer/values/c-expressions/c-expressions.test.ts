/** Expressions of C against what clang makes of them (make.ts): types, and every bit. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { littleEndian } from '../../../../replayer/dwarf/little-endian.ts';
import { resolved, sizeOf } from '../../../../replayer/dwarf/type.ts';
import { baseType, pointerTo } from '../../../../replayer/values/expressions/base-types.ts';
import {
  evaluateExpression,
  type Names,
} from '../../../../replayer/values/expressions/evaluate.ts';
import { parseExpression } from '../../../../replayer/values/expressions/parse.ts';
import { bytesOf, computed, type Value } from '../../../../replayer/values/value.ts';
import { VARIABLES } from './random-expression.ts';

type Listed = readonly [expression: string, type: string, bytes: string];

const listed: readonly Listed[] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'expressions.json'), 'utf8'),
);

function variable(type: string, text: string): Value {
  const pointer = /^(\w+) \*$/.exec(type);
  if (pointer) {
    const address = BigInt(text.replace(/^\(.*\)/, ''));
    return computed(pointerTo(baseType(pointer[1] ?? '')), littleEndian(address, 4));
  }
  const base = baseType(type);
  if (base?.encoding !== 'float')
    return computed(base, littleEndian(BigInt(text), base?.size ?? 0));
  const bytes = Buffer.alloc(base.size);
  if (base.size === 4) bytes.writeFloatLE(Number(text.replace('f', '')));
  else bytes.writeDoubleLE(Number(text));
  return computed(base, bytes);
}

const variables = new Map(VARIABLES.map(([name, type, text]) => [name, variable(type, text)]));
const names: Names = {
  machine: { memory: new Uint8Array(0) } as unknown as Names['machine'],
  variable: (name) => variables.get(name),
  type: (name) => baseType(name),
  language: 'c',
};

const KINDS: Readonly<Record<string, string>> = {
  ...{ 'signed character': 's', 'unsigned character': 'u', signed: 's', unsigned: 'u' },
  ...{ boolean: 'b', float: 'f' },
};

function worth(expression: string): Listed {
  try {
    const value = evaluateExpression(
      parseExpression(expression, (name) => baseType(name) !== undefined, 'c'),
      names,
    );
    const type = resolved(value.type);
    const kind =
      type?.kind === 'base' ? KINDS[type.encoding] : type?.kind === 'pointer' ? 'p' : '?';
    const bytes = Buffer.from(bytesOf(value)).toString('hex');
    return [expression, `${kind}${sizeOf(type)}`, bytes];
  } catch (thrown) {
    return [expression, 'refused', thrown instanceof Error ? thrown.message : ''];
  }
}

test('each has the type and the value that a compiler gives it', () => {
  expect(listed.length).toBeGreaterThan(500);
  expect(listed.map(([expression]) => worth(expression))).toEqual(listed);
});
