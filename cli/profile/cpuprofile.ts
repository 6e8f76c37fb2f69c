/**
 * A profile as Chrome's DevTools and VS Code read it (Profiler.Profile of the DevTools protocol). Its times are
 * microseconds: a tick is shown as one.
 */
import type { Profile } from '../../index.ts';
import { childrenOf, inclusive, nameOf } from './tree.ts';

export function* cpuprofile(profile: Profile): Generator<string> {
  const { from, nodes } = childrenOf(profile);
  const total = inclusive(profile.parent, profile.ticks)[0] ?? 0;
  yield '{"nodes":[';
  for (let node = 0; node < profile.func.length; node++) {
    const one = profile.functions[profile.func[node] as number];
    const callFrame = {
      functionName: one === undefined ? '(root)' : nameOf(one),
      scriptId: '0',
      url: one?.place?.file ?? '',
      // from 0 there
      lineNumber: (one?.place?.line ?? 0) - 1,
      columnNumber: (one?.place?.column ?? 0) - 1,
    };
    const children = [...nodes.subarray(from[node], from[node + 1])].map((child) => child + 1);
    const hitCount = profile.ticks[node];
    const text = JSON.stringify({ id: node + 1, callFrame, hitCount, children });
    yield node === 0 ? text : `,${text}`;
  }
  yield `],"startTime":0,"endTime":${total},"samples":[`;
  const spent = [...profile.ticks.keys()].filter((node) => (profile.ticks[node] ?? 0) > 0);
  // a sample lasts until the next one
  yield [...spent, 0].map((node) => node + 1).join(',');
  yield '],"timeDeltas":[';
  yield [0, ...spent.map((node) => profile.ticks[node])].join(',');
  yield ']}';
}
