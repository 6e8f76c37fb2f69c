/** What the formats of a profile are made from: its nodes with their children, and sums over them. */
import { escapeText, type Profile, type ProfiledFunction, placeText } from '../../index.ts';

/** The children of each node, one after another. */
export interface Children {
  /** By node, and one more: where its children begin in `nodes`. */
  readonly from: Int32Array;
  readonly nodes: Int32Array;
}

export function childrenOf({ parent }: Profile): Children {
  const from = new Int32Array(parent.length + 1);
  for (const one of parent) if (one >= 0) from[one + 1] = (from[one + 1] ?? 0) + 1;
  for (let i = 1; i < from.length; i++) from[i] = (from[i] ?? 0) + (from[i - 1] ?? 0);
  const next = from.slice();
  const nodes = new Int32Array(from.at(-1) ?? 0);
  parent.forEach((one, node) => {
    if (one < 0) return;
    const at = next[one] as number;
    nodes[at] = node;
    next[one] = at + 1;
  });
  return { from, nodes };
}

/** Of each node with all that is below it. A node's parent stands before it. */
export function inclusive(parent: Int32Array, own: Float64Array): Float64Array {
  const sums = own.slice();
  for (let node = sums.length - 1; node > 0; node--) {
    const above = parent[node] as number;
    sums[above] = (sums[above] as number) + (sums[node] as number);
  }
  return sums;
}

/**
 * Goes through all nodes but the root, callers first.
 * @param leave is called when all below a node has been visited
 */
export function walk(
  profile: Profile,
  visit: (node: number) => void,
  leave: (node: number) => void = () => {},
): void {
  const { from, nodes } = childrenOf(profile);
  const path: { node: number; next: number }[] = [{ node: 0, next: from[0] ?? 0 }];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    if (top.next < (from[top.node + 1] as number)) {
      const node = nodes[top.next++] as number;
      visit(node);
      path.push({ node, next: from[node] as number });
    } else {
      path.pop();
      if (top.node !== 0) leave(top.node);
    }
  }
}

/** Escaped: names come from the module. */
export function nameOf({ func, name }: ProfiledFunction): string {
  return name === undefined ? `function ${func}` : escapeText(name);
}

/** `main src/main.c:12`. */
export function labelOf(one: ProfiledFunction): string {
  const place = one.place && escapeText(placeText({ ...one.place, column: undefined }));
  return [nameOf(one), place].filter((part) => part !== undefined).join(' ');
}
