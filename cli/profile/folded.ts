/** A profile as flamegraph.pl and its relatives read it: a line a stack, `main;parse;next 1234`. */
import type { Profile } from '../../index.ts';
import { childrenOf, nameOf } from './tree.ts';

export function* folded(profile: Profile): Generator<string> {
  const names = profile.functions.map((one) => nameOf(one).replaceAll(';', ':'));
  const { from, nodes } = childrenOf(profile);
  const open: { node: number; stack: string }[] = [{ node: 0, stack: '' }];
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    const { node, stack } = top;
    const ticks = profile.ticks[node] ?? 0;
    if (ticks > 0) yield `${stack === '' ? '(root)' : stack} ${ticks}`;
    for (const child of nodes.subarray(from[node], from[node + 1]).toReversed()) {
      const name = names[profile.func[child] as number];
      open.push({ node: child, stack: stack === '' ? `${name}` : `${stack};${name}` });
    }
  }
}
