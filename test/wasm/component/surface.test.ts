/** The functions of a component and where its core instances import them, out of its binary. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, test } from 'vitest';
import { parseComponentWords } from '../../../wasm/component/parse-words.ts';
import { type ComponentSurface, readSurface } from '../../../wasm/component/surface.ts';
import type { TypeRef, WitTypes } from '../../../wasm/component/types.ts';
import { randomFrom } from '../../wasi/random.ts';

const FIXTURES = join(import.meta.dirname, '../../components/fixtures');
const whole = readFileSync(join(FIXTURES, 'uninit-O0g.component.wasm'));

async function surfaceOf(wat: string): Promise<ComponentSurface> {
  return readSurface(await parse(wat));
}

/** A type as WIT spells it. */
function spelt(ref: TypeRef | null, { types, resources }: WitTypes): string {
  if (ref === null) return '_';
  if (typeof ref === 'string') return ref;
  const type = types[ref];
  const all = (refs: readonly (TypeRef | null)[]) =>
    refs.map((one) => spelt(one, { types, resources, functions: [] })).join(', ');
  switch (type?.kind) {
    case 'record':
      return `{${type.fields.map(({ name, type: of }) => `${name}: ${all([of])}`).join(', ')}}`;
    case 'variant':
      return `variant {${type.cases.map(({ name, type: of }) => `${name}(${all([of])})`).join(', ')}}`;
    case 'enum':
    case 'flags':
      return `${type.kind} {${type.names.join(', ')}}`;
    case 'tuple':
      return `(${all(type.items)})`;
    case 'list':
    case 'option':
      return `${type.kind}<${all([type.of])}>`;
    case 'result':
      return `result<${all([type.ok, type.err])}>`;
    case 'own':
    case 'borrow':
      return `${type.kind}<${resources[type.resource]?.name}>`;
    default:
      return `${type?.kind}`;
  }
}

function signatures({ types }: ComponentSurface): string[] {
  return types.functions.map(({ interface: from, name, params, result }) => {
    const named = params.map((param) => `${param.name}: ${spelt(param.type, types)}`);
    return `${from} ${name}(${named.join(', ')}) -> ${spelt(result, types)}`;
  });
}

/** What instance 1 imports of an interface, one function a line. */
const IMPORTS = (functions: string, lowered: string, imports: string) => `(component
  (import "a:b/io@1.2.0" (instance $io (export "stream" (type (sub resource)))))
  (alias export $io "stream" (type $stream))
  (import "a:b/c@1.2.0" (instance $c
    (alias outer 1 $stream (type $theirs))
    (export "stream" (type $stream (eq $theirs)))
    ${functions}))
  (core module $memory (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $m))
  (alias core export $memory "realloc" (core func $realloc))
  ${lowered}
  (core module $main ${imports})
  (core instance (instantiate $main (with "host" (instance
    ${[...lowered.matchAll(/core func (\$\w+)/g)].map(([, name]) => `(export "${name}" (func ${name}))`).join(' ')})))))`;

describe('functions', () => {
  test('have the types of their interface', async () => {
    const surface = await surfaceOf(
      IMPORTS(
        `(type $r (record (field "at" u64) (field "name" string)))
         (export "place" (type $place (eq $r)))
         (type $v (variant (case "none") (case "some" (option $place)) (case "pair" (tuple s8 char))))
         (export "choice" (type $choice (eq $v)))
         (type $e (enum "no-entry" "access"))
         (export "code" (type $code (eq $e)))
         (type $f (flags "read" "write"))
         (export "rights" (type $rights (eq $f)))
         (export "[method]stream.get" (func (param "self" (borrow $stream)) (param "rights" $rights)
           (result (result (list u8) (error $code)))))
         (export "[static]stream.all" (func (result (list (own $stream)))))
         (export "pick" (func (param "of" $choice) (param "ok" bool)))`,
        `(core func $get (canon lower (func $c "[method]stream.get") (memory $m) (realloc $realloc)))
         (core func $all (canon lower (func $c "[static]stream.all") (memory $m) (realloc $realloc)))
         (core func $pick (canon lower (func $c "pick") (memory $m) string-encoding=utf16))
         (core func $drop (canon resource.drop $stream))`,
        `(import "host" "$get" (func (param i32 i32 i32)))
         (import "host" "$all" (func (param i32)))
         (import "host" "$pick" (func (param i32 i64 i64 i32 i32 i32)))
         (import "host" "$drop" (func (param i32)))`,
      ),
    );
    expect(signatures(surface)).toEqual([
      'a:b/c@1.2.0 stream.get(self: borrow<stream>, rights: flags {read, write}) -> result<list<u8>, enum {no-entry, access}>',
      'a:b/c@1.2.0 stream.all() -> list<own<stream>>',
      'a:b/c@1.2.0 pick(of: variant {none(_), some(option<{at: u64, name: string}>), pair((s8, char))}, ok: bool) -> _',
      'a:b/io@1.2.0 stream.drop(self: own<stream>) -> _',
    ]);
    expect(surface.instances).toHaveLength(2);
    const memory = { instance: 0, name: 'memory' };
    const of = { module: 'host', async: false, imported: true };
    expect(surface.instances[1]?.imports).toEqual([
      { ...of, name: '$get', func: 0, memory, encoding: 'utf8' },
      { ...of, name: '$all', func: 1, memory, encoding: 'utf8' },
      { ...of, name: '$pick', func: 2, memory, encoding: 'utf16' },
      { ...of, name: '$drop', func: 3, memory: undefined, encoding: 'utf8', imported: false },
    ]);
    expect(surface.async).toBe(false);
  });

  test('keep their names through components within', async () => {
    const surface = await surfaceOf(`(component
      (import "a:b/c@0.1.0" (instance $c (export "f" (func (param "x" u32)))))
      (component $inner
        (import "given" (func $f (param "y" u32)))
        (core func $f (canon lower (func $f)))
        (core module $m (import "i" "f" (func (param i32))) (func (export "g")))
        (core instance $i (instantiate $m (with "i" (instance (export "f" (func $f))))))
        (func (export "g") (canon lift (core func $i "g"))))
      (instance $one (instantiate $inner (with "given" (func $c "f"))))
      (instance $two (instantiate $inner (with "given" (func $c "f"))))
      (instance $out (export "h" (func $two "g")))
      (export "a:b/out@0.1.0" (instance $out)))`);
    expect(signatures(surface)).toEqual(['a:b/c@0.1.0 f(x: u32) -> _', 'a:b/out@0.1.0 h() -> _']);
    expect(surface.instances.map(({ imports }) => imports[0]?.func)).toEqual([0, 0]);
    expect(surface.exports).toMatchObject([
      { func: 1, core: { instance: 1, name: 'g' }, async: false },
    ]);
  });

  test('of a command built with the Preview 1 adapter are all found, and go through JSON', () => {
    const surface = readSurface(whole);
    const imported = surface.instances.flatMap(({ imports }) => imports);
    expect(imported).toHaveLength(28);
    expect(
      imported.every(({ func }) => /^wasi:/.test(surface.types.functions[func]?.interface ?? '')),
    ).toBe(true);
    const words = { ...surface.types, lifted: [] };
    expect(parseComponentWords(JSON.parse(JSON.stringify(words)))).toEqual(words);
  });
});

describe('a damaged component', () => {
  test.each([
    ['cut', 400],
    ['changed', 400],
  ])('%s anywhere is told, or read', (how, runs) => {
    const { below } = randomFrom(3);
    for (let run = 0; run < runs; run++) {
      const bytes = Uint8Array.from(
        whole.subarray(0, how === 'cut' ? below(whole.length) : undefined),
      );
      // where the definitions are, before and behind the code
      if (how === 'changed')
        bytes[run % 2 === 0 ? below(3000) : whole.length - 1 - below(9000)] = below(256);
      try {
        readSurface(bytes);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(RangeError);
      }
    }
  });

  test('types that double with each level are not followed to the end', async () => {
    let type = '(export "f" (func))';
    for (let depth = 0; depth < 40; depth++) {
      type = `(type $t (instance ${type})) (export "i${depth}" (instance (type $t)))`;
    }
    const bytes = await parse(`(component (type (instance ${type})))`);
    expect(() => readSurface(bytes)).toThrow(/too many types/);
  });

  test.each<[string, unknown]>([
    ['a type that holds itself', { types: [{ kind: 'option', of: 0 }] }],
    ['a type of no kind', { types: [{ kind: 'union' }] }],
    [
      'a type that is not there',
      { functions: [{ interface: '', name: 'f', params: [], result: 3 }] },
    ],
    ['a resource that is not there', { types: [{ kind: 'own', resource: 0 }] }],
    ['a list of negative length', { types: [{ kind: 'list', of: 'u8', length: -1 }] }],
    ['no list', { types: {} }],
  ])('%s in a trace is refused', (_, part) => {
    const words = { types: [], resources: [], functions: [], lifted: [], ...(part as object) };
    expect(parseComponentWords(words)).toBeUndefined();
  });
});
