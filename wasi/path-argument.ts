/** The path that a call names: what it is, and what it is relative to. */
import type { RecordedCall } from './call.ts';
import { readRange } from './call-memory.ts';
import type { CallShape } from './fields.ts';
import { fdArg } from './scalars.ts';
import { CUT, decodeText } from './text.ts';

interface PathArgument {
  /** Descriptor of the directory that the host resolves it against. */
  readonly directory: number;
  /** As the guest passed it; ends in `…` where the trace cut it. */
  readonly path: string;
}

/**
 * The first path that the host resolves: of path_link and path_rename the old one, of path_symlink the
 * link itself. Undefined for a call without one, or where the trace holds none of it.
 */
export function pathArgument(call: RecordedCall, shape: CallShape): PathArgument | undefined {
  const index = shape.path;
  if (index === undefined) return undefined;
  const relativeTo = shape.fn.params[index]?.relativeTo;
  if (relativeTo === undefined) return undefined;
  const { bytes, length } = readRange(call, shape.fn, index);
  if (bytes.length === 0 && length > 0) return undefined;
  const text = decodeText(bytes);
  return {
    directory: fdArg(call.args[relativeTo]),
    path: bytes.length < length ? text + CUT : text,
  };
}
