/** Whose frames are in V8's stack traces: each core module of a component is compiled under a name of its own. */
import { withModuleName } from '../../wasm/module-name.ts';
import { namedFrames, type WasmFrame } from '../../wasm/traps.ts';

/** A core module, as far as its frames are concerned. */
export interface FramedModule {
  /** Id in the trace. */
  readonly id: number;
  /** How many bytes further back its code stands in what is compiled. */
  readonly shift: number;
}

const TAG = 'wasi-rr-module-';

/** The bytes to compile for a module. */
export function withTag(bytes: Uint8Array, id: number) {
  return withModuleName(bytes, `${TAG}${id}`);
}

/** @param url of a frame's script */
export function isOfComponent(url: string): boolean {
  return url.startsWith(`wasm://wasm/${TAG}`);
}

/** Frames of the component in a stack trace, innermost first. */
export function framesIn(stack: string, modules: readonly FramedModule[]): WasmFrame[] {
  return namedFrames(stack).flatMap(({ frame, of }) => {
    const module = modules.find(({ id }) => of === `${TAG}${id}`);
    if (module === undefined) return [];
    return [{ ...frame, offset: frame.offset - module.shift, module: module.id }];
  });
}
