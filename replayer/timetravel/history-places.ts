/** Where in a function's code a value can be another one, or somewhere else, than just before. */
import { bodyReader } from '../instrument/body-reader.ts';
import { isStructure } from '../instrument/function-rewriter.ts';
import type { ModuleLayout } from '../instrument/module-layout.ts';
import { OP } from '../instrument/opcode-numbers.ts';
import type { Pc } from '../instrument/plan.ts';
import type { Dependence } from '../values/followed.ts';

export interface HistoryPlaces {
  /** The first instruction. */
  readonly first: Pc;
  /** Behind an instruction that sets a local on which the value depends: it. */
  readonly behindSets: ReadonlyMap<Pc, Pc>;
  /** Behind calls: what they called may have been the same function. */
  readonly behindCalls: ReadonlySet<Pc>;
  /** Where what it depends on may be something else: wherever branches lead, and where code of another kind begins. */
  readonly turns: ReadonlySet<Pc>;
}

const CALLS: ReadonlySet<number> = new Set([OP.call, OP.callIndirect, OP.callRef]);

/** @param dependenceAt on what the value depends at a place */
export function historyPlaces(
  layout: ModuleLayout,
  func: number,
  dependenceAt: (pc: Pc) => Dependence,
): HistoryPlaces {
  const reader = bodyReader(layout, func - layout.importedFunctions);
  const behindSets = new Map<Pc, Pc>();
  const behindCalls = new Set<Pc>();
  const turns = new Set<Pc>();
  const kinds = new Set<string>();
  let first: Pc | undefined;
  let before: { pc: Pc; code: number; local: number; kind: string } | undefined;
  while (!reader.atEnd) {
    reader.next();
    const { code, start: pc, index: local } = reader;
    const { kind, locals } = dependenceAt(pc);
    kinds.add(kind);
    first ??= pc;
    if (before === undefined || isStructure(before.code) || before.kind !== kind) turns.add(pc);
    if (before !== undefined) {
      const sets = before.code === OP.localSet || before.code === OP.localTee;
      if (sets && locals.has(before.local)) behindSets.set(pc, before.pc);
      if (CALLS.has(before.code)) behindCalls.add(pc);
    }
    before = { pc, code, local, kind };
  }
  first ??= reader.at;
  return { first, behindSets, behindCalls, turns: kinds.size > 1 ? turns : new Set([first]) };
}
