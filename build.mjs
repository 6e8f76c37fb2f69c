/**
 * Builds dist/: declarations by the TypeScript compiler, and the program as a few bundled files. How long a
 * process takes to start is what it loads: the files, the code in them, and what Node loads for their imports.
 * Each thread pays again.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, globSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { builtinModules } from './builtin-modules.mjs';

const ROOT = import.meta.dirname;
const OUTPUT = join(ROOT, 'dist');
/** What is started or imported by its path; the rest lies in chunks beside `index.js`. */
const ENTRIES = [
  'index.ts',
  'cli/main.ts',
  ...globSync('{recorder,replayer,tui}/**/*-worker.ts', { cwd: ROOT }),
];
/** Packages that become a part of the program. */
const BUNDLED = ['commander'];
/**
 * What makes a recording, which may be short and one of thousands: each comes in one file, and what two of them
 * need in another. All else is in chunks that follow from who shares what. A file costs as much as 20 KB of code.
 */
const CHUNKS = {
  start: ['recorder/guest-start.ts'],
  guest: ['recorder/guest-worker.ts'],
  recorder: ['recorder/record.ts'],
  program: ['program', 'option-values', 'run', 'units'].map((name) => `cli/${name}.ts`),
};

/**
 * The command line imports all from index.ts. Each command gets it from where it is defined, so as not to load
 * the whole library.
 */
function directImports() {
  const library = readFileSync(join(ROOT, 'index.ts'), 'utf8');
  const homes = new Map();
  for (const [, names, home] of library.matchAll(/^export \{([^}]*)\} from '(.*)';$/gm)) {
    for (const name of valuesIn(names)) homes.set(name.replace(/^.* as /, ''), { name, home });
  }
  const importOf = (name, folder) => {
    const found = homes.get(name);
    if (found === undefined) throw new Error(`index.ts exports no ${name} from a file`);
    return `import { ${found.name} } from './${relative(folder, join(ROOT, found.home))}';`;
  };
  return {
    name: 'direct-imports',
    transform: (code, id) =>
      code.replaceAll(
        /^import (type )?\{([^}]*)\} from '[./]+\/index\.ts';$/gm,
        (_, type, names) =>
          type
            ? ''
            : valuesIn(names)
                .map((name) => importOf(name, dirname(id)))
                .join(''),
      ),
  };
}

function valuesIn(names) {
  const all = names.split(',').map((name) => name.trim());
  return all.filter((name) => name !== '' && !name.startsWith('type '));
}

/** commander can run commands that are programs of their own. There are none; loading what it takes takes 4 ms. */
const withoutPrograms = {
  name: 'without-programs',
  applies: (id, importer) => id === 'node:child_process' && importer?.includes('/commander/'),
  resolveId: (id, importer) => (withoutPrograms.applies(id, importer) ? '\0no-programs' : null),
  load: (id) => (id === '\0no-programs' ? 'export default {}' : null),
};

/** Modules of Node that a recording needs at once, or that are there anyway. Others take up to 6 ms to load. */
const AT_ONCE = ['events', 'fs', 'os', 'path', 'process', 'util', 'worker_threads', 'zlib'];

/** So that no import makes every recording start later. */
const quickStart = {
  name: 'quick-start',
  renderChunk(code, { name }) {
    if (name !== 'base' && !Object.hasOwn(CHUNKS, name)) return null;
    for (const [, from] of code.matchAll(/^import .* from "node:([\w/]+)";$/gm)) {
      if (AT_ONCE.includes(from)) continue;
      throw new Error(
        `every recording would load node:${from} (chunk ${name}): use process.getBuiltinModule() where it is needed`,
      );
    }
    return null;
  },
};

/** The name of the chunk that a module belongs to; null where that follows from who shares it. */
function chunkOf(id, context) {
  if (ENTRIES.includes(relative(ROOT, id))) return null;
  const names = Object.keys(CHUNKS).filter((name) =>
    CHUNKS[name].some((file) => needs(join(ROOT, file), context).has(id)),
  );
  const [name] = names;
  if (names.includes('start')) return 'start';
  // what a replay needs too, without what a guest's host can do
  const general = name === 'guest' && !id.includes('/recorder/');
  return names.length > 1 || general ? 'base' : (name ?? null);
}

const needed = new Map();

/** All modules that a file imports, directly or not, and itself. */
function needs(file, context, found = new Set()) {
  const known = needed.get(file);
  if (known !== undefined) return known;
  const pending = [file];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    pending.push(...(context.getModuleInfo(id)?.importedIds ?? []));
  }
  needed.set(file, found);
  return found;
}

rmSync(OUTPUT, { recursive: true, force: true });
const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
const bundle = await rolldown({
  cwd: ROOT,
  input: Object.fromEntries(ENTRIES.map((entry) => [entry.replace(/\.ts$/, ''), `./${entry}`])),
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  // what else package.json lists is installed beside it
  external: (id, importer) =>
    !/^[./\0]/.test(id) &&
    !id.startsWith(ROOT) &&
    !BUNDLED.includes(id) &&
    !withoutPrograms.applies(id, importer),
  plugins: [directImports(), quickStart, builtinModules, withoutPrograms],
});
await bundle.write({
  dir: OUTPUT,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  // a third less to parse; names stay, for stacks in bug reports
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  codeSplitting: {
    groups: [{ debugName: 'chunkOf', name: chunkOf, includeDependenciesRecursively: false }],
  },
});
await bundle.close();
for (const name of BUNDLED) {
  copyFileSync(join(ROOT, 'node_modules', name, 'LICENSE'), join(OUTPUT, `LICENSE-${name}`));
}
// what makes a component of a core module (recorder/component/preview1-adapter.ts)
const jco = dirname(fileURLToPath(import.meta.resolve('@bytecodealliance/jco')));
const ADAPTER = 'wasi_snapshot_preview1.command.wasm';
copyFileSync(join(jco, '../lib', ADAPTER), join(OUTPUT, ADAPTER));
const LICENSE = 'node_modules/@bytecodealliance/jco-transpile/LICENSE';
copyFileSync(join(ROOT, LICENSE), join(OUTPUT, `LICENSE-${ADAPTER}`));
chmodSync(join(OUTPUT, 'cli/main.js'), 0o755);
