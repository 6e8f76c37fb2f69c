/**
 * Pairs of components of which one calls the other, as jco's tests compose them (test/p3/ported/wasmtime and
 * test/p3/helpers/fixtures.js there). Those that are no servers are driven from here: their exported function is called,
 * and what they import beside WASI is answered.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type ComponentProgram,
  programOf,
  takeApart,
} from '../../recorder/component/component-program.ts';
import { composed } from './compose.ts';
import { withoutImports } from './driver.ts';

/** The interface with the one command. */
const ENTRY = 'driver';

interface Pair {
  readonly caller: string;
  readonly callee: string;
  /** Absent for a server. */
  readonly calls?: { readonly interface: string; readonly args: readonly unknown[] };
  /** Of the caller's imports that go by another name among the callee's exports: that name. */
  readonly given?: Readonly<Record<string, string>>;
}

const run = (name: string, ...args: readonly unknown[]) => ({
  interface: `local:local/${name}`,
  args,
});

const PAIRS: readonly Pair[] = [
  {
    caller: 'async-borrowing-caller',
    callee: 'async-borrowing-callee',
    calls: run('run-bool', false),
  },
  // a handle that is dropped twice: it traps
  {
    caller: 'async-borrowing-caller',
    callee: 'async-borrowing-callee',
    calls: run('run-bool', true),
  },
  { caller: 'async-post-return-caller', callee: 'async-post-return-callee', calls: run('run') },
  {
    caller: 'async-sleep-post-return-caller',
    callee: 'async-sleep-post-return-callee',
    calls: run('sleep-post-return', 20),
  },
  { caller: 'async-transmit-caller', callee: 'async-transmit-callee', calls: run('run') },
  { caller: 'async-backpressure-caller', callee: 'async-backpressure-callee', calls: run('run') },
  { caller: 'async-error-context-caller', callee: 'async-error-context-callee', calls: run('run') },
  { caller: 'async-unit-stream-caller', callee: 'async-unit-stream-callee', calls: run('run') },
  { caller: 'async-yield-caller', callee: 'async-yield-callee-stackless', calls: run('run') },
  { caller: 'async-yield-caller', callee: 'async-yield-callee-synchronous', calls: run('run') },
  { caller: 'p3-http-middleware', callee: 'p3-http-echo' },
  { caller: 'p3-http-middleware', callee: 'p3-cli-serve-hello-world' },
  {
    caller: 'p3-http-middleware-with-chain',
    callee: 'p3-http-echo',
    given: { 'local:local/chain-http': 'wasi:http/handler@0.3.0' },
  },
];

/** What the pairs import beside WASI. */
const HOST = `
let kept;
class X { foo() {} }
class Thing {
  #waiting;
  setReady(ready) {
    if (ready) for (const { resolve } of this.#waiting ?? []) resolve();
    this.#waiting ??= [];
  }
  async whenReady() {
    if (this.#waiting === undefined) return;
    this.#waiting.push(Promise.withResolvers());
    await Promise.all(this.#waiting.map(({ promise }) => promise));
  }
}
const host = {
  'local:local/borrowing-types': { X },
  'local:local/continue': { setContinue(given) { kept = given; }, getContinue: () => kept },
  'local:local/ready': { Thing },
  'local:local/sleep': { sleepMillis: (ms) => new Promise((resolve) => setTimeout(resolve, Number(ms))) },
};`;

/** A pair whose two parts are there. */
export interface FoundPair {
  readonly name: string;
  readonly callerPath: string;
  readonly calleePath: string;
  readonly pair: Pair;
}

/** @param files paths of components */
export function pairsIn(files: readonly string[], only: string): readonly FoundPair[] {
  const found = (name: string) => files.find((file) => basename(file, '.wasm') === name);
  return PAIRS.flatMap((pair) => {
    const [callerPath, calleePath] = [found(pair.caller), found(pair.callee)];
    const args = pair.calls?.args.join(' ') ?? '';
    const name = `${pair.caller} with ${pair.callee} ${args}`.trimEnd();
    if (!callerPath || !calleePath || !name.includes(only)) return [];
    return [{ name, callerPath, calleePath, pair }];
  });
}

export function composePair({ callerPath, calleePath, pair }: FoundPair): Promise<Uint8Array> {
  return composed(readFileSync(callerPath), readFileSync(calleePath), pair.given);
}

/**
 * The program that calls the pair's function.
 * @param driver path of a file to write, which has to stay while it runs
 */
export async function drivenPair(
  { name, pair: { calls } }: FoundPair,
  bytes: Uint8Array,
  driver: string,
): Promise<ComponentProgram> {
  const apart = await takeApart(name, bytes);
  writeFileSync(
    driver,
    `${HOST}
export async function instantiate(getModule, imports, instantiateCore) {
  const { instantiate } = await import(${JSON.stringify(pathToFileURL(apart.program).href)});
  const made = await instantiate(getModule, { ...imports, ...host }, instantiateCore);
  const { run } = made[${JSON.stringify(calls?.interface)}];
  return { ${ENTRY}: { run: async () => { await run(...${JSON.stringify(calls?.args)}); } } };
}`,
  );
  const program = { ...apart, program: driver };
  return withoutImports(
    await programOf(name, program, { entry: ENTRY, given: [], adapted: false }),
  );
}
