/** How values changed until a moment: which replay tells that of a value, and over which part of the run. */
import { invariant, WasiRrError } from '../../errors.ts';
import type { SourceLines } from '../source/source-lines.ts';
import type { FollowedValue } from '../values/followed.ts';
import type { BackSearch } from './back-search.ts';
import { CallHistoryPass } from './call-history.ts';
import { ChangeList, type ValueChange } from './change-list.ts';
import { fixedHistoryPass } from './fixed-history.ts';
import { INNERMOST, lineAt } from './goals.ts';
import { historyPlaces } from './history-places.ts';
import type { Mark } from './mark.ts';
import type { Position } from './position.ts';
import { notThere } from './positions.ts';
import type { ProbeEvents, ProbeRun } from './probe-run.ts';
import type { OnEvent, Runs } from './runs.ts';

/** `call`: of the call of the function that it belongs to. `function`: of all its calls. `run`: of the whole run. */
export type HistoryScope = 'call' | 'function' | 'run';

export interface HistoryQuery {
  /** Level of the frame in which the value was found. */
  readonly level: number;
  /** `call` is `run` for what belongs to no call. */
  readonly scope: Exclude<HistoryScope, 'run'>;
  /** How many of the last changes to keep. */
  readonly keep: number;
}

export interface ValueHistory {
  readonly scope: HistoryScope;
  /** Function that the value belongs to; undefined for the whole run. */
  readonly func: number | undefined;
  /** Of a scope of `function`: calls of it. */
  readonly calls: number | undefined;
  /** Oldest first; the last ones. */
  readonly changes: readonly ValueChange[];
  /** How many there were, kept or not. */
  readonly total: number;
  /** Whether `total` is of all of it: of what changes too often, only the last part is looked at. */
  readonly complete: boolean;
}

type Pass = (list: ChangeList, run: () => ProbeRun) => PassOfRun;

interface PassOfRun {
  readonly events: ProbeEvents;
  readonly breaks: readonly number[];
  readonly watches: boolean;
  readonly calls?: () => number;
}

export class Histories {
  private readonly runs: Runs;
  private readonly back: BackSearch;
  private readonly lines: SourceLines;

  constructor(runs: Runs, back: BackSearch, lines: SourceLines) {
    this.runs = runs;
    this.back = back;
    this.lines = lines;
  }

  /**
   * Costs a replay, another one to find when a call was entered, and another one where the changes are too many
   * to be put into words.
   * @param position of the guest at the mark up to which it is told
   * @throws WasiRrError as ProbeRun.run
   */
  async of(
    position: Position,
    followed: FollowedValue,
    { level, scope, keep }: HistoryQuery,
    onEvent: OnEvent,
  ): Promise<ValueHistory> {
    const { mark: to, functions } = position;
    const { now, owner, isGlobal } = followed;
    const inMemory = now.range !== undefined;
    if (isGlobal || (inMemory && owner === undefined && scope === 'call')) {
      const pass: Pass = (list, run) => fixed({ to, entered: undefined }, followed, list, run);
      const told = await this.told(to, keep, pass, onEvent);
      return { ...told, scope: 'run', func: undefined };
    }
    const depth = to.depth - (scope === 'call' ? (owner ?? level) : level);
    const func = functions[depth - 1];
    invariant(func !== undefined, 'a frame without a function');
    if (scope === 'function') {
      const query = {
        ...this.callQuery(to, func, followed, owner === level),
        only: undefined,
      };
      const told = await this.told(to, keep, calls(query, followed), onEvent);
      return { scope, func, ...told };
    }
    const entry = (await this.back.entries(to, onEvent)).get(depth);
    if (entry === undefined) {
      throw new WasiRrError('REPLAY_FAILED', 'when this function was entered cannot be told.');
    }
    const only = { tick: entry.tick, depth, stack: position.stack };
    const pass: Pass = inMemory
      ? (list, run) => fixed({ to, entered: entry.tick }, followed, list, run)
      : calls({ ...this.callQuery(to, func, followed, false), only }, followed);
    const told = await this.told(to, keep, pass, onEvent);
    return { scope, func, ...told, calls: undefined };
  }

  /** @param isOwn whether it is a variable of the function that lies in memory, and a write to it tells of itself */
  private callQuery(to: Mark, func: number, { dependence: plain }: FollowedValue, isOwn: boolean) {
    const { layout } = this.runs;
    const { types, functions } = layout;
    const params = types[functions[func] ?? -1]?.params.length ?? 0;
    const dependence = (pc: number) => {
      const found = plain(pc);
      // what it is read from may have changed: each line is looked at
      if (isOwn || !found.reads) return found;
      return { ...found, kind: `${found.kind} ${lineAt(this.lines, pc, INNERMOST)}` };
    };
    const places = historyPlaces(layout, func, dependence);
    return { to, func, params, dependence, places, isOwn, body: this.lines.bodyOf(func) ?? 0 };
  }

  private async told(to: Mark, keep: number, make: Pass, onEvent: OnEvent) {
    let skip = 0;
    for (;;) {
      const list = new ChangeList(keep, skip);
      const pass = make(list, () => run);
      const run: ProbeRun = this.runs.watching(
        { steps: [this.runs.functionAt(to.pc)], breaks: pass.breaks, watch: pass.watches },
        pass.events,
        onEvent,
      );
      if ((await run.run()) !== 'left') throw notThere(to);
      if (list.rest === undefined || skip > 0) {
        return {
          ...{ calls: pass.calls?.(), changes: list.kept, total: list.total },
          complete: skip === 0,
        };
      }
      skip = list.rest;
    }
  }
}

function fixed(
  query: Parameters<typeof fixedHistoryPass>[0],
  followed: FollowedValue,
  list: ChangeList,
  run: () => ProbeRun,
): PassOfRun {
  return { events: fixedHistoryPass(query, followed, list, run), breaks: [], watches: true };
}

function calls(
  query: ConstructorParameters<typeof CallHistoryPass>[0],
  followed: FollowedValue,
): Pass {
  return (list, run) => {
    const pass = new CallHistoryPass(query, followed, list, run);
    const { events, breaks, watches } = pass;
    return { events, breaks, watches, calls: () => pass.calls };
  };
}
