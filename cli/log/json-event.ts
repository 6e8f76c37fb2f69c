/** An event of a log as a JSON object in a line. Integers beyond 2^53 are decimal text. */
import {
  type CallEvent,
  callPath,
  type DecodedField,
  type DescriptorTable,
  decodeCall,
  type LogEvent,
  type OpenEvent,
  parseOutcomeText,
} from '../../index.ts';
import { jsonLine } from '../json.ts';

/**
 * @param table the descriptors before the event
 * @returns `{event, kind, timeNs, …}`; calls have `name`, `path`, `args`, `errno`, `result`, `durationNs`
 */
export function jsonEvent(event: LogEvent, table: DescriptorTable): string {
  const { number, kind, startNs, pages } = event;
  return jsonLine({ event: number, kind, timeNs: startNs, ...details(event, table), pages });
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
