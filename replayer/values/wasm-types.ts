/** Names of the number types of WebAssembly. */
import { TYPE } from '../instrument/module-layout.ts';

export const WASM_TYPES: Readonly<Record<number, string>> = {
  [TYPE.i32]: 'i32',
  [TYPE.i64]: 'i64',
  [TYPE.f32]: 'f32',
  [TYPE.f64]: 'f64',
};
