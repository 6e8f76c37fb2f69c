/** Which memories a recording can be of. */
import { WasiRrError } from '../errors.ts';
import type { ModuleDeclarations } from '../wasm/binary.ts';

/**
 * @param label the program's name
 * @throws WasiRrError MODULE_UNSUPPORTED
 */
export function checkMemories(label: string, declarations: ModuleDeclarations): void {
  for (const memory of declarations.memories) {
    if (memory.shared) {
      throw new WasiRrError(
        'MODULE_UNSUPPORTED',
        `${label} uses shared memory (threads), which cannot be recorded: threads run in no order that could be replayed. Build it without threads.`,
      );
    }
    if (memory.address === 'i64') {
      throw new WasiRrError(
        'MODULE_UNSUPPORTED',
        `${label} has a 64-bit memory; WASI has 32-bit pointers only. Build it for wasm32.`,
      );
    }
  }
}
