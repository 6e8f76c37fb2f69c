/** Whether the end of a component's run is where the instance that is looked into ends. */
import { coreLayout, escapeText } from '../../index.ts';
import type { Debugger } from './debugger.ts';

/** Of a run that did not end by itself: whether it waited or computed, and how to see where. */
export function interruptedHint({ trace }: Pick<Debugger, 'trace'>): string[] {
  const { outcome } = trace.meta;
  if (outcome !== undefined && outcome.kind !== 'interrupted') return [];
  const [last] = trace.events(trace.eventCount - 1);
  if (last?.kind === 'open') {
    return [`it waited for the answer of ${escapeText(last.name)} when it was stopped.`];
  }
  return [
    'after this it made no call any more: continue lets it compute on and shows where; finish and next go on from there.',
    'wasi-rr stack --past tells in which functions it spends its time.',
  ];
}

/**
 * Where the run trapped, if not before the instruction at which the debugger stands: that is the last one of its
 * own instance only.
 */
export function trappedElsewhere({
  trace,
  stack,
}: Pick<Debugger, 'trace' | 'stack'>): string | undefined {
  const { outcome } = trace.meta;
  const [here] = stack;
  if (outcome?.kind !== 'trap' || here?.instance === undefined) return undefined;
  const [at] = outcome.trap.frames;
  if (at?.module === undefined) return undefined;
  const { instances } = coreLayout(trace);
  const own = instances[here.instance.id];
  // a stack overflows where a function's body begins, which is before its first instruction
  const isThere = here.offset === at.offset || outcome.trap.kind === 'stack-overflow';
  if (own?.module === at.module && here.func === at.func && isThere) return undefined;
  const others = instances.filter(({ id, module }) => module === at.module && id !== own?.id);
  const names = others.map(({ id, name }) => `${id} (${name})`).join(' or ');
  const where = names === '' ? 'of another instance' : `of instance ${names}`;
  const what = at.name === undefined ? `function ${at.func}` : at.name;
  return escapeText(
    `the run trapped in ${what} ${where}: this is the last instruction of instance ${here.instance.id}`,
  );
}
