/**
 * The columns of the calls index that say what a call was about: descriptor, path, bytes. Hot path: run
 * once for every recorded call.
 */
import type { RecordedCall } from './call.ts';
import { effectOf } from './call-memory.ts';
import type { DescriptorTable } from './descriptors.ts';
import { shapeOf } from './fields.ts';
import { pathArgument } from './path-argument.ts';
import { fdArg, lengthArg, u32At } from './scalars.ts';

/** The descriptor that a call is about: its first fd argument. Of path_open that is the directory. */
export function callFd(call: RecordedCall): number | undefined {
  const index = shapeOf(call.name)?.fd;
  if (index === undefined || call.args[index] === undefined) return undefined;
  return fdArg(call.args[index]);
}

/**
 * The path that a call is about, for display: the one that it names, joined with its directory's, else
 * that of its descriptor. Of path_link and path_rename the old one.
 *
 * @param table the descriptors before the call (fd_close takes its own away)
 */
export function callPath(call: RecordedCall, table: DescriptorTable): string | undefined {
  const shape = shapeOf(call.name);
  if (shape === undefined) return undefined;
  const named = pathArgument(call, shape);
  if (named !== undefined) return table.resolve(named.directory, named.path);
  // a path that the trace lost is not that of its directory
  if (shape.path !== undefined || shape.fd === undefined) return undefined;
  return table.get(fdArg(call.args[shape.fd]))?.path;
}

/** Bytes of data that a call moved; undefined where it failed, and for calls that move none. */
export function callBytes(call: RecordedCall): number | undefined {
  if (call.result !== 0) return undefined;
  const fn = shapeOf(call.name)?.fn;
  if (fn?.transferred === undefined) return undefined;
  const index = fn.transferred;
  if (fn.params[index]?.passing === 'value') {
    return call.args[index] === undefined ? undefined : lengthArg(call.args[index]);
  }
  const bytes = effectOf(call, index);
  return bytes === undefined || bytes.length < 4 ? undefined : u32At(bytes, 0);
}
