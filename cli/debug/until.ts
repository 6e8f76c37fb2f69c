/** `until` without a place: to the next line, over calls, and where that leads back in a loop, on until the loop is left. */
import { type Answer, refuse } from './answer.ts';
import type { Debugger, Stop } from './debugger.ts';
import { withBreaks } from './motions.ts';
import { showStop } from './show.ts';

/** Lines of a function that are looked for: as many questions, none of which replays anything. */
const MAX_LINES = 1000;

export async function until(debug: Debugger): Promise<Answer> {
  const [here] = debug.stack;
  if (here === undefined) throw refuse('no function of the guest is running here.');
  const { depth } = debug.mark;
  const { active: points } = debug.points;
  const next = await debug.move({ kind: 'step', size: 'line-over', reverse: false, points });
  const isBack =
    next.reason.kind === 'moved' &&
    next.mark.depth === depth &&
    next.stack[0]?.func === here.func &&
    next.mark.pc < here.offset;
  return showStop(debug, isBack ? await outOfLoop(debug, here.offset, depth) : next);
}

/** Out of the function, if no later line of it comes before; one of a call of it further inside does not count. */
async function outOfLoop(debug: Debugger, from: number, depth: number): Promise<Stop> {
  const later = await startsBehind(debug, from);
  for (;;) {
    const points = withBreaks(debug.points.active, later);
    const stop = await debug.move({ kind: 'step', size: 'out', reverse: false, points });
    const isInner =
      stop.reason.kind === 'break' && stop.point === undefined && stop.others === undefined;
    if (!isInner || stop.mark.depth <= depth) return stop;
  }
}

/** Where the lines of the function begin that stand behind an instruction. */
async function startsBehind(debug: Debugger, from: number): Promise<number[]> {
  const { place } = debug;
  const [here] = debug.stack;
  if (place?.line === undefined || here === undefined) return [];
  const starts = new Set<number>();
  let line = place.line + 1;
  for (let left = MAX_LINES; left > 0; left--) {
    const spec = { kind: 'line', file: place.file, line } as const;
    const code = await debug.travel.places(spec, debug.options).catch(() => []);
    const own = code.filter(({ func }) => func === here.func);
    if (own.length === 0) break;
    for (const { offset } of own) if (offset > from) starts.add(offset);
    const last = Math.max(...own.map(({ source }) => source.at(-1)?.place?.line ?? 0));
    line = Math.max(line, last) + 1;
  }
  return [...starts];
}
