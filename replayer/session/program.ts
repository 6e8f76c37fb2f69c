/** A trace's program in a session: makes guests of it, and gives what they show their names. */
import type { TraceReader } from '../../traces/reader.ts';
import { wasmFrames } from '../../wasm/traps.ts';
import { type CoreLayout, coreLayout, mainMemory } from '../component/core-layout.ts';
import { coreFrames } from '../component/core-modules.ts';
import { FrameNames } from '../source/frame-names.ts';
import { ComponentGuest } from './component-guest.ts';
import type { SessionGuest } from './guest.ts';
import type { GlobalContent, Globals, StackFrame } from './messages.ts';
import { ModuleGuest } from './module-guest.ts';
import {
  type Compile,
  type RunnableInstance,
  runnableComponent,
  runnableModule,
} from './runnable.ts';

export class SessionProgram {
  readonly layout: CoreLayout;
  private readonly trace: TraceReader;
  private readonly runnable: (instance: number) => RunnableInstance;
  private readonly names = new Map<number, FrameNames>();

  /** @throws WasiRrError TRACE_CORRUPT, REPLAY_FAILED; RangeError */
  constructor(trace: TraceReader, compile: Compile) {
    this.trace = trace;
    this.layout = coreLayout(trace);
    if (this.isComponent) {
      this.runnable = runnableComponent(trace, this.layout, compile);
    } else {
      const only = runnableModule(trace, compile);
      this.runnable = () => only;
    }
  }

  private get isComponent(): boolean {
    return this.trace.meta.flavour === 'component';
  }

  /** A guest that stands before the beginning. */
  start(): SessionGuest {
    const { trace, runnable, layout } = this;
    return this.isComponent
      ? new ComponentGuest(trace, { layout, runnable })
      : new ModuleGuest(trace, runnable(0));
  }

  /** Number of the memory that is meant where none is named; one that is not there, where there is none. */
  get mainMemory(): number {
    return mainMemory(this.layout);
  }

  /** The guests' frames in V8's stack trace, innermost first. */
  frames(stack: string): StackFrame[] {
    const { trace, layout } = this;
    if (!this.isComponent) {
      const { original } = this.runnable(0);
      const names = this.namesOf(0);
      return wasmFrames(stack).map(({ func, offset, name }) =>
        names.frame(original(offset), func, name),
      );
    }
    const frames = coreFrames(stack, trace.instances(), ({ id }) => this.runnable(id));
    return frames.map(({ instance: id, func, offset, name }) => ({
      ...this.namesOf(id).frame(offset, func, name),
      instance: { id, name: layout.instances[id]?.name ?? '' },
    }));
  }

  /** The frame at a byte offset of a module. @param instance of a component; undefined for the only module */
  frameAt(offset: number, instance: number | undefined): StackFrame {
    const frame = this.namesOf(instance ?? 0).frame(offset);
    const { name = '' } = this.layout.instances[instance ?? 0] ?? {};
    return instance === undefined ? frame : { ...frame, instance: { id: instance, name } };
  }

  /** @param values of the instance, as a guest has them */
  globals(instance: number, values: readonly GlobalContent[]): Globals {
    const { globals, hiddenGlobals } = this.runnable(instance);
    return {
      globals: globals.flatMap(({ index, name, exported }, position) => {
        const value = values[position];
        return value === undefined ? [] : [{ index, name, exported, value }];
      }),
      hidden: hiddenGlobals,
    };
  }

  private namesOf(instance: number): FrameNames {
    const module = this.layout.instances[instance]?.module ?? 0;
    const known = this.names.get(module) ?? FrameNames.of(this.trace, module);
    this.names.set(module, known);
    return known;
  }
}
