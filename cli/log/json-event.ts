/** An event of a log as a JSON object in a line. Integers beyond 2^53 are decimal text. */
import {
  type CallEvent,
  callPath,
  type DecodedField,
  type DescribedCall,
  type DescriptorTable,
  decodeCall,
  describeInjection,
  type Followed,
  type Injection,
  type LateAnswer,
  type LogEvent,
  type OpenEvent,
  parseOutcomeText,
} from '../../index.ts';
import { jsonLine } from '../json.ts';
import type { CallTimes } from './component-text.ts';

/**
 * @param table the descriptors before the event
 * @param injected the faults that happened to it
 * @returns `{event, kind, timeNs, …}`; calls have `name`, `path`, `args`, `errno`, `result`, `durationNs`,
 *   and `injected`, a list of texts, where faults were
 */
export function jsonEvent(
  event: LogEvent,
  table: DescriptorTable,
  injected: readonly Injection[] = [],
): string {
  const { number, kind, startNs, pages } = event;
  const faults = injected.length > 0 && { injected: injected.map(describeInjection) };
  return jsonLine({
    event: number,
    kind,
    timeNs: startNs,
    ...details(event, table),
    ...faults,
    pages,
  });
}

/** A call of a component: values are WAVE text. @param more what else is known of it */
export function jsonCall(
  call: DescribedCall,
  { startNs, durationNs }: CallTimes,
  more: object = {},
): string {
  const { number, interface: from, name, path, args, errno, result, isLater, arrived } = call;
  return jsonLine({
    event: number,
    kind: errno === undefined ? 'open' : 'call',
    timeNs: startNs,
    interface: from,
    name,
    ...(path !== undefined && { path }),
    args: Object.fromEntries(args.map((one) => [one.name, one.text])),
    errno: errno ?? null,
    ...(result !== undefined && { result }),
    ...(isLater && { later: true }),
    ...(arrived && { arrived: jsonLate(arrived) }),
    ...more,
    ...(durationNs !== undefined && { durationNs }),
  });
}

/** A call of a function that a component exports. */
export function jsonEntry(
  { number, startNs }: LogEvent,
  entry: Extract<Followed, { kind: 'entered' }>,
): string {
  const { interface: from, name, args } = entry;
  return jsonLine({ event: number, kind: 'enter', timeNs: startNs, interface: from, name, args });
}

/** It returned. @param result WAVE text */
export function jsonLeft({ number, startNs, pages }: LogEvent, result: string | undefined): string {
  const given = result !== undefined && { result };
  return jsonLine({ event: number, kind: 'leave', timeNs: startNs, ...given, pages });
}

/** A task goes on with what has come. */
export function jsonResumed(
  { number, startNs }: LogEvent,
  { task, event, arrived }: Extract<Followed, { kind: 'resumed' }>,
): string {
  return jsonLine({
    event: number,
    kind: 'enter',
    timeNs: startNs,
    ...(task && { interface: task.interface, name: task.name, of: task.entered }),
    resumedBy: event,
    ...(arrived && { arrived: jsonLate(arrived) }),
  });
}

function jsonLate({ call, interface: from, name, self, result, errno }: LateAnswer): object {
  return {
    call,
    interface: from,
    name,
    ...(self !== undefined && { self }),
    errno: errno ?? null,
    ...(result !== undefined && { result }),
  };
}

function details(event: LogEvent, table: DescriptorTable): object {
  switch (event.kind) {
    case 'call':
      return { ...call(event, table), durationNs: event.durationNs };
    case 'open':
      return call(event, table);
    case 'enter':
      return { name: event.func.name, args: event.args };
    case 'leave':
      return { results: event.results };
    case 'return':
      return { call: event.opened, results: event.results };
    case 'throw':
      return { call: event.opened, message: event.message };
    case 'suspend':
      return { call: event.opened };
    case 'instantiate':
      return { instance: event.instance };
    case 'unwind':
      return { outcome: parseOutcomeText(event.reason) ?? null };
  }
}

function call(event: CallEvent | OpenEvent, table: DescriptorTable): object {
  const { args, result, errno } = decodeCall(event);
  const path = callPath(event, table);
  return {
    name: event.name,
    ...(path !== undefined && { path }),
    args: byName(args),
    errno: errno ?? null,
    result: byName(result),
  };
}

function byName(fields: readonly DecodedField[]): object {
  return Object.fromEntries(fields.map(({ name, value }) => [name, value]));
}
