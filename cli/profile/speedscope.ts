/**
 * A profile as https://www.speedscope.app reads it (its lib/file-format-spec.ts). Two profiles in one file: ticks of
 * the guest's functions, and time in the host's. Calls of one function by the same callers are one, so the order
 * in time is not shown: the view "Left Heavy" and "Sandwich" say all there is.
 */
import { type Profile, TOOL } from '../../index.ts';
import { inclusive, nameOf, walk } from './tree.ts';

export function* speedscope(profile: Profile, name: string): Generator<string> {
  const frames = profile.functions.map((one) => ({
    name: nameOf(one),
    ...(one.place && { file: one.place.file, line: one.place.line }),
  }));
  const head = {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    exporter: `wasi-rr ${TOOL.version}`,
    name,
    shared: { frames },
  };
  yield `${JSON.stringify(head).slice(0, -1)},"profiles":[`;
  yield* evented(profile, `${name}: ticks`, 'none', profile.ticks);
  yield ',';
  yield* evented(profile, `${name}: time in the host`, 'nanoseconds', profile.hostNs);
  yield ']}';
}

/** An event where each node begins and ends: in all, twice as many as there are nodes. */
function* evented(profile: Profile, name: string, unit: string, weights: Float64Array) {
  const total = inclusive(profile.parent, weights)[0];
  const head = { type: 'evented', name, unit, startValue: 0, endValue: total };
  yield `${JSON.stringify(head).slice(0, -1)},"events":[`;
  const events: string[] = [];
  let at = weights[0] ?? 0;
  const add = (type: 'O' | 'C', node: number) =>
    events.push(JSON.stringify({ type, frame: profile.func[node], at }));
  walk(
    profile,
    (node) => {
      add('O', node);
      at += weights[node] ?? 0;
    },
    (node) => add('C', node),
  );
  for (let i = 0; i < events.length; i++) yield i === 0 ? `${events[i]}` : `,${events[i]}`;
  yield ']}';
}
