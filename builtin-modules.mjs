/**
 * Imports Node's own modules by process.getBuiltinModule(). To make the exports of such a module an import reads all
 * of its properties, which loads what each of them needs: of node:fs its promises, of node:process all of V8's
 * options; 15 ms for the main thread and again for the guest's. It would also open standard streams
 * (cli/unopened-streams.ts).
 */
export const builtinModules = {
  name: 'builtin-modules',
  renderChunk(code) {
    const changed = code.replaceAll(
      /^import (?:([\w$]+),? )?(?:\{([^}]*)\} )?from "(node:[\w/]+)";$/gm,
      (_, whole, names, from) =>
        [whole, names && `{${names.replaceAll(' as ', ': ')}}`]
          .filter((left) => left)
          .map((left) => `const ${left} = globalThis.process.getBuiltinModule("${from}");`)
          .join('\n'),
    );
    const left = /^import .*"node:.*$/m.exec(changed);
    if (left !== null) throw new Error(`not understood: ${left[0]}`);
    return changed;
  },
};
