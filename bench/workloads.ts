/** What is run, and what each run is meant to show. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exampleCases } from '../examples/cases.ts';
import { realCases } from '../examples/real-cases.ts';
import { esbuild, nextpnr } from '../test/real/npm-programs.ts';
import { ORDINARY, type Program, programOf } from '../test/real/program.ts';
import { CALLS_PER_ROUND, mixedCalls } from './mixed-calls.ts';

/** Highest ratios that are acceptable. */
export interface Goals {
  /** To the program under `node:wasi`, and under the host that it is recorded with. */
  readonly recordToPlain: number;
  readonly replayToRecord?: number;
}

export interface Workload {
  readonly name: string;
  /** What the goals stand for. */
  readonly kind: 'real' | 'calls' | 'compute' | 'start';
  readonly program: Program;
  readonly goals: Goals;
}

const GOALS: Readonly<Record<Workload['kind'], Goals>> = {
  real: { recordToPlain: 1.05, replayToRecord: 0.5 },
  calls: { recordToPlain: 2, replayToRecord: 0.5 },
  compute: { recordToPlain: 1.02 },
  start: { recordToPlain: 1.5 },
};

const MILLION = 1_000_000;

/** About 1.5 s of what Lua programs do: tables, strings, closures, and a line of output now and then. */
const LUA_PROGRAM = `
local words = {}
for i = 1, 150000 do words[#words + 1] = ("%d-%x"):format(i, i * 7919 % 65536) end
table.sort(words)
local counts = {}
for _, word in ipairs(words) do
  for part in word:gmatch("%x+") do counts[part] = (counts[part] or 0) + 1 end
end
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
for i = 1, 29 do print(i, fib(i), counts[tostring(i)]) end
`;

/** @param scratch a folder for guests that are made here */
export async function workloads(scratch: string): Promise<Workload[]> {
  const mixed = join(scratch, 'mixed-calls.wasm');
  writeFileSync(mixed, await mixedCalls(MILLION / CALLS_PER_ROUND));
  const list = [
    workload('real', esbuild('knip')),
    workload('real', nextpnr('hx1k', 200)),
    workload('calls', example('syscalls-O2', [String(MILLION / 2)])),
    workload('calls', {
      ...ORDINARY,
      name: 'mixed-calls',
      wasm: mixed,
      folders: { '/': () => {} },
    }),
    // some 3 s each: what it takes to start is a workload of its own
    workload('compute', example('compute-O0g', [String(5 * MILLION)])),
    workload('compute', example('compute-O2', [String(3 * MILLION)])),
    workload('start', example('uninit-O2', [])),
  ];
  const lua = realCases().find((one) => one.name === 'lua-O2');
  if (lua && existsSync(lua.wasm)) {
    list.splice(2, 0, workload('real', luaProgram(programOf(lua))));
  }
  return list;
}

function workload(kind: Workload['kind'], program: Program): Workload {
  return { name: program.name, kind, program, goals: GOALS[kind] };
}

function example(name: string, args: readonly string[]): Program {
  const found = exampleCases().find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no example ${name}`);
  return { ...programOf(found), args };
}

function luaProgram(lua: Program): Program {
  return {
    ...lua,
    args: ['/bench.lua'],
    folders: {
      '/': (folder) => {
        for (const fill of Object.values(lua.folders)) fill(folder);
        writeFileSync(join(folder, 'bench.lua'), LUA_PROGRAM);
      },
    },
  };
}
