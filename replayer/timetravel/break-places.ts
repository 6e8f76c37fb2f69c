/** Which instructions a breakpoint means: of a function, a line, or one instruction. */
import { WasiRrError } from '../../errors.ts';
import { type ModuleLayout, readLayout } from '../instrument/module-layout.ts';
import type { Pc } from '../instrument/plan.ts';
import type { FrameNames } from '../source/frame-names.ts';
import { hasFunctionName } from '../source/function-named.ts';
import type { SourceLines } from '../source/source-lines.ts';
import { stopFrom } from './first-stop.ts';

export type BreakSpec =
  /** Demangled or as the module has it; or what follows the last `::` of its path. */
  | { readonly kind: 'function'; readonly name: string }
  /** A path, or its end. */
  | { readonly kind: 'line'; readonly file: string; readonly line: number }
  | { readonly kind: 'pc'; readonly pc: Pc };

export class BreakPlaces {
  private readonly layout: ModuleLayout;
  private readonly names: FrameNames;
  private readonly lines: SourceLines;

  /** @throws WasiRrError MODULE_INVALID */
  constructor(module: Uint8Array, names: FrameNames, lines: SourceLines) {
    this.layout = readLayout(module);
    this.names = names;
    this.lines = lines;
  }

  /** @throws WasiRrError OPTION_INVALID where there is no such place */
  find(spec: BreakSpec): readonly Pc[] {
    switch (spec.kind) {
      case 'function':
        return this.functions(spec.name).map((func) =>
          stopFrom(this.layout, func, this.lines.bodyOf(func)),
        );
      case 'line':
        return this.line(spec.file, spec.line);
      case 'pc':
        return [this.instruction(spec.pc)];
    }
  }

  private functions(name: string): number[] {
    const byModule = this.matching(name, (func) => {
      const known = this.names.nameOf(func);
      return known === undefined ? [] : [known.name, known.raw];
    });
    // wasi-libc calls a program's main otherwise; the source does not
    const found =
      byModule.length > 0 ? byModule : this.matching(name, (func) => this.inSource(func));
    if (found.length > 0) return found;
    throw notFound(`no function of the module is called "${name}"`);
  }

  private matching(wanted: string, namesOf: (func: number) => readonly string[]): number[] {
    const { importedFunctions, functions } = this.layout;
    const found: number[] = [];
    for (let func = importedFunctions; func < functions.length; func++) {
      if (namesOf(func).some((name) => hasFunctionName(name, wanted))) found.push(func);
    }
    return found;
  }

  private inSource(func: number): string[] {
    const body = this.lines.bodyOf(func);
    const own = body === undefined ? undefined : this.names.lines?.framesAt(body).at(-1);
    return own?.name === undefined ? [] : [own.name];
  }

  private line(file: string, line: number): Pc[] {
    const files = this.lines.files.filter((one) => one === file || one.endsWith(`/${file}`));
    if (files.length === 0) {
      const why = this.lines.files.length === 0 ? ': the module has no debug information' : '';
      throw notFound(`no code comes from a file "${file}"${why}`);
    }
    const code = files.flatMap((one) => this.lines.codeOf(one, line));
    if (code.length === 0) throw notFound(`${file} has no code at line ${line} or after it`);
    return code.map(({ func, offset }) => stopFrom(this.layout, func, offset));
  }

  private instruction(pc: Pc): Pc {
    const { bodyStarts, bodyEnds, importedFunctions } = this.layout;
    const func = this.names.functionAt(pc);
    const index = func - importedFunctions;
    const inside = pc >= (bodyStarts[index] ?? 0) && pc < (bodyEnds[index] ?? 0);
    if (inside && stopFrom(this.layout, func, pc) === pc) return pc;
    throw notFound(`no instruction that does something begins at byte 0x${pc.toString(16)}`);
  }
}

function notFound(what: string): WasiRrError {
  return new WasiRrError('OPTION_INVALID', `${what}.`);
}
