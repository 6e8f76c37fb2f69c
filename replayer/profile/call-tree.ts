/** A tree of calls with their ticks, kept by hooks in wasm (call-tree.wat) while a guest runs. */
import type { Probes } from '../instrument/hooks.ts';
import { CALL_TREE_MODULE_BASE64 } from './call-tree-module.ts';

/** Layout of a node, in bytes; as call-tree.wat has it. */
const NODE = { size: 40, func: 0, parent: 4, calls: 24, ticks: 32 } as const;

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly limit: WebAssembly.Global;
  readonly count: WebAssembly.Global;
  readonly lost: WebAssembly.Global;
  readonly current: WebAssembly.Global;
  readonly countTicks: () => void;
  readonly entered: (func: number, depth: number) => void;
  readonly left: (func: number, depth: number) => void;
  readonly hostCalled: (func: number) => number;
}

/** One entry a node in each array; a node's parent stands before it, and the first is the root: no function. */
export interface CallNodes {
  readonly func: Int32Array;
  readonly parent: Int32Array;
  readonly calls: Float64Array;
  /** That passed in the function itself. */
  readonly ticks: Float64Array;
  /** Calls that got no node, since there were too many. Their ticks are with their callers. */
  readonly lost: number;
}

export class CallTree {
  private readonly exports: Exports;
  private stack: number | undefined;
  /** Innermost nodes of stacks that do not run. */
  private readonly innermost = new Map<number, number>();

  /** @param limit greatest number of nodes, of 40 bytes each */
  constructor(probes: Probes, limit: number) {
    const module = new WebAssembly.Module(Buffer.from(CALL_TREE_MODULE_BASE64, 'base64'));
    const guest = { ticksLeft: probes.global('ticksLeft') };
    this.exports = new WebAssembly.Instance(module, { guest }).exports as unknown as Exports;
    this.exports.limit.value = limit;
    probes.setWasm('entered', this.exports.entered);
    probes.setWasm('left', this.exports.left);
  }

  /**
   * Counts a call of a host's function by the function that runs.
   * @param func a number that no function of the guest has
   * @returns number of its node; -1 where there is none
   */
  hostCalled(func: number): number {
    const address = this.exports.hostCalled(func);
    return address < 0 ? -1 : address / NODE.size;
  }

  /** Another stack runs, whose calls go on where they were. */
  switchTo(stack: number | undefined): void {
    const { exports, innermost } = this;
    exports.countTicks();
    const current = Number(exports.current.value);
    if (this.stack !== undefined && current !== 0) innermost.set(this.stack, current);
    exports.current.value = (stack === undefined ? undefined : innermost.get(stack)) ?? 0;
    if (stack !== undefined) innermost.delete(stack);
    this.stack = stack;
  }

  read(): CallNodes {
    const { exports } = this;
    exports.countTicks();
    const count = Number(exports.count.value);
    const view = new DataView(exports.memory.buffer);
    const nodes = {
      func: new Int32Array(count),
      parent: new Int32Array(count),
      calls: new Float64Array(count),
      ticks: new Float64Array(count),
      lost: Number(exports.lost.value),
    };
    for (let node = 0, at = 0; node < count; node++, at += NODE.size) {
      nodes.func[node] = view.getInt32(at + NODE.func, true);
      nodes.parent[node] = view.getInt32(at + NODE.parent, true) / NODE.size;
      nodes.calls[node] = Number(view.getBigInt64(at + NODE.calls, true));
      nodes.ticks[node] = Number(view.getBigInt64(at + NODE.ticks, true));
    }
    nodes.func[0] = -1;
    nodes.parent[0] = -1;
    return nodes;
  }
}
