/** Breakpoints, watchpoints and catchpoints of the UI: set, listed, switched on and off, removed. */
import { messageOf, WasiRrError } from '../../errors.ts';
import type { BreakSpec } from '../../replayer/timetravel/break-places.ts';
import type { ConditionOf } from '../../replayer/timetravel/messages.ts';
import type { Watch, WatchOn } from '../../replayer/timetravel/motions.ts';
import {
  conditionOf,
  newStopPoint,
  type StopPoint,
  type StopWhat,
} from '../../replayer/timetravel/stop-points.ts';
import { WATCHED } from '../panes/breaks.ts';
import { sourceView } from '../panes/source-view.ts';
import { hex } from '../text/units.ts';
import type { AddressRange } from '../trace/effects.ts';
import type { Debugger } from './debugger.ts';
import { selectedPlace } from './inside.ts';
import { askedRange, rangeText } from './memory-history.ts';
import { openPrompt } from './prompts.ts';
import { selectedRow } from './variables.ts';

function add(bugger: Debugger, what: StopWhat, condition: string | undefined): StopPoint {
  const { points, pointsMade } = bugger.state;
  const point = newStopPoint(what, pointsMade + 1, { condition });
  bugger.update({ points: [...points, point], pointsMade: pointsMade + 1 });
  return point;
}

/** `PLACE if CONDITION` */
export function splitCondition(text: string): { place: string; condition: string | undefined } {
  const [, place = '', condition] = /^(.*?)(?:(?:^|\s+)if\s+(.+))?$/s.exec(text.trim()) ?? [];
  return { place: place.trim(), condition: condition?.trim() };
}

/** Function, `file:line`, line of the file that is shown, `*byte`; with a condition behind `if`. */
export async function addBreakpoint(bugger: Debugger, text: string): Promise<void> {
  await telling(bugger, async () => {
    const { place, condition } = splitCondition(text);
    const frames = await bugger.travel.ask((travel, options) =>
      travel.places(specOf(bugger, place), options),
    );
    const pcs = frames.map(({ offset }) => offset);
    await check(bugger, { kind: 'break', pcs }, condition);
    const { number } = add(bugger, { kind: 'breakpoint', frames }, condition);
    bugger.say(`breakpoint ${number}: ${place}; c goes to it, B lists them`);
  });
}

/** An expression, whose bytes are watched, or an address and a length. */
export async function addWatchpoint(bugger: Debugger, text: string, on: WatchOn): Promise<void> {
  await telling(bugger, async () => {
    const { place, condition } = splitCondition(text);
    const { address, length, name, type } = await watchedRange(bugger, place);
    await setWatch(bugger, { address, length, on }, { name, type }, condition);
  });
}

/** The bytes of the selected variable, or those selected in Memory. */
export async function watchSelected(bugger: Debugger): Promise<void> {
  const { tab } = bugger.state;
  if (tab === 'memory') {
    const watch = { ...askedRange(bugger), on: 'change' } as const;
    await telling(bugger, () => setWatch(bugger, watch, {}, undefined));
    return;
  }
  const row = selectedRow(bugger);
  if (row?.address === undefined || row.size === undefined) {
    bugger.say('that is in no memory, where writes could be watched');
    return;
  }
  const watch = { address: row.address, length: row.size, on: 'change' } as const;
  await telling(bugger, () => setWatch(bugger, watch, row, undefined));
}

async function setWatch(
  bugger: Debugger,
  watch: Watch,
  { name, type }: { readonly name?: string | undefined; readonly type?: string | undefined },
  condition: string | undefined,
): Promise<void> {
  await check(bugger, { kind: 'watch', length: watch.length }, condition);
  const { number } = add(bugger, { kind: 'watchpoint', watch, name, type }, condition);
  const what = `${rangeText(watch)} ${WATCHED[watch.on]}`;
  bugger.say(`watchpoint ${number}: ${what}; c and C go there, B lists them`);
}

export async function addCatchpoint(bugger: Debugger, text: string): Promise<void> {
  await telling(bugger, async () => {
    const { place, condition } = splitCondition(text);
    const call = place === '' ? '*' : place;
    const { functions } = bugger.state;
    if (call !== '*' && !functions.includes(call)) {
      throw new WasiRrError(
        'OPTION_INVALID',
        `the run makes no call "${call}"; it makes ${functions.join(', ')}.`,
      );
    }
    await check(bugger, { kind: 'call' }, condition);
    const { number } = add(bugger, { kind: 'catchpoint', call }, condition);
    bugger.say(`catchpoint ${number}: ${call === '*' ? 'any call' : call}; B lists them`);
  });
}

/** Sets a breakpoint on the line under the cursor; removes those that are there. */
export async function toggleBreakpoint(bugger: Debugger): Promise<void> {
  const view = sourceView(bugger);
  const line = view?.lines[bugger.state.source.scroll.cursor];
  if (view === undefined || line?.spec === undefined) {
    bugger.say('no code is known of this line');
    return;
  }
  const { spec } = line;
  await telling(bugger, async () => {
    const frames = await bugger.travel.ask((travel, options) => travel.places(spec, options));
    const there = new Set(frames.map(({ offset }) => offset));
    const { points } = bugger.state;
    const own = points.filter(
      (one) => one.kind === 'breakpoint' && one.frames.some(({ offset }) => there.has(offset)),
    );
    if (own.length === 0) {
      const { number } = add(bugger, { kind: 'breakpoint', frames }, undefined);
      bugger.say(`breakpoint ${number}: c goes to it, C back to it; B lists them`);
      return;
    }
    bugger.update({ points: points.filter((one) => !own.includes(one)) });
    bugger.say(`removed: breakpoint ${own.map(({ number }) => number).join(', ')}`);
  });
}

/** On to the line under the cursor. */
export async function runToCursor(bugger: Debugger): Promise<void> {
  const spec = sourceView(bugger)?.lines[bugger.state.source.scroll.cursor]?.spec;
  if (spec === undefined) {
    bugger.say('no code is known of this line');
    return;
  }
  try {
    const frames = await bugger.travel.ask((travel, options) => travel.places(spec, options));
    const breaks = frames.map(({ offset }) => offset);
    await bugger.trips.go({
      what: 'on to the line',
      fromHere: true,
      jumps: true,
      motion: () => ({
        kind: 'continue',
        reverse: false,
        points: { breaks, calls: [], watches: [] },
      }),
      accept: ({ reason }) => {
        if (reason.kind === 'break') return true;
        bugger.say('the run does not come to that line any more');
        return false;
      },
    });
  } catch (thrown) {
    bugger.say(messageOf(thrown), 'problem');
  }
}

function selectedPoint(bugger: Debugger): StopPoint | undefined {
  const { points, scrolls } = bugger.state;
  const number = bugger.content()?.lines[scrolls.breaks.cursor]?.point;
  const found = points.find((one) => one.number === number);
  if (found === undefined) bugger.say('this line is no breakpoint');
  return found;
}

function change(bugger: Debugger, number: number, by: Partial<StopPoint>): void {
  const points = bugger.state.points.map((one) =>
    one.number === number ? ({ ...one, ...by } as StopPoint) : one,
  );
  bugger.update({ points });
}

export function switchPoint(bugger: Debugger): void {
  const point = selectedPoint(bugger);
  if (point === undefined) return;
  change(bugger, point.number, { enabled: !point.enabled });
  bugger.say(`${point.number} is ${point.enabled ? 'off' : 'on'}`);
}

/** What the selected watchpoint stops at: the next kind. */
export function changeWatched(bugger: Debugger): void {
  const point = selectedPoint(bugger);
  if (point === undefined) return;
  if (point.kind !== 'watchpoint') {
    bugger.say('that is no watchpoint');
    return;
  }
  const kinds = Object.keys(WATCHED) as WatchOn[];
  const on = kinds[(kinds.indexOf(point.watch.on) + 1) % kinds.length] as WatchOn;
  change(bugger, point.number, { watch: { ...point.watch, on } } as Partial<StopPoint>);
  bugger.say(`${point.number} stops where it ${WATCHED[on]}`);
}

export function removePoint(bugger: Debugger): void {
  const point = selectedPoint(bugger);
  if (point === undefined) return;
  bugger.update({ points: bugger.state.points.filter((one) => one !== point) });
  bugger.say(`${point.number} removed`);
}

export function editCondition(bugger: Debugger): void {
  const point = selectedPoint(bugger);
  if (point === undefined) return;
  bugger.update({ editingPoint: point.number });
  openPrompt(bugger, 'condition', point.condition ?? '');
}

/** Ends what {@link editCondition} began. */
export async function changeCondition(bugger: Debugger, text: string): Promise<void> {
  const point = bugger.state.points.find(({ number }) => number === bugger.state.editingPoint);
  if (point === undefined) return;
  const condition = text === '' ? undefined : text;
  await telling(bugger, async () => {
    await check(bugger, conditionOf(point), condition);
    change(bugger, point.number, { condition });
    bugger.say(
      condition === undefined
        ? `${point.number} always stops`
        : `${point.number} stops if ${condition}`,
    );
  });
}

async function check(bugger: Debugger, of: ConditionOf, condition: string | undefined) {
  if (condition === undefined) return;
  await bugger.travel.ask((travel, options) => travel.checkCondition(of, condition, options));
}

function telling(bugger: Debugger, work: () => Promise<void>): Promise<void> {
  const told = async () => {
    try {
      await work();
    } catch (thrown) {
      bugger.say(messageOf(thrown), 'problem');
    }
  };
  return bugger.trips.settle(told());
}

function specOf({ state }: Debugger, text: string): BreakSpec {
  if (text === '')
    throw new WasiRrError('OPTION_INVALID', 'give a function, main.c:12, or *0xe24.');
  if (text.startsWith('*')) return { kind: 'pc', pc: Number(text.slice(1)) };
  const [, named, line] = /^(?:(.+):)?(\d+)$/.exec(text) ?? [];
  if (line === undefined) return { kind: 'function', name: text };
  const file = named ?? (state.inside && selectedPlace(state.inside)?.file);
  if (file !== undefined) return { kind: 'line', file, line: Number(line) };
  throw new WasiRrError(
    'OPTION_INVALID',
    'no line is known here: name the file too, as in main.c:12.',
  );
}

async function watchedRange(
  bugger: Debugger,
  text: string,
): Promise<AddressRange & { readonly name?: string; readonly type?: string }> {
  const [, first, second = '4'] = /^(0x[\da-f]+|\d+)(?:\s+(0x[\da-f]+|\d+))?$/i.exec(text) ?? [];
  if (first !== undefined) {
    return { address: Number(first), length: Number(second) };
  }
  const { inside } = bugger.state;
  if (inside === undefined) {
    throw new WasiRrError('OPTION_INVALID', 'variables are known in the source only: i shows it.');
  }
  const { mark, level, call } = inside;
  const value = await bugger.travel.ask((travel, options) =>
    travel.evaluate({ mark, place: { level, call }, expression: text }, options),
  );
  if (value.address === undefined || value.size === undefined) {
    throw new WasiRrError(
      'OPTION_INVALID',
      `${text} is in no memory, where writes could be watched; an address can be: ${hex(0x12310)} 4.`,
    );
  }
  return { address: value.address, length: value.size, name: text, type: value.type };
}
