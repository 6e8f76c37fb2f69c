/** How an open descriptor stands, in few characters, for tables. */
import type { DescriptorRights, DescriptorState } from './descriptor-state.ts';
import { FLAGS, flagNames } from './names.ts';

const bitOf = (right: (typeof FLAGS.rights)[number]) => 1n << BigInt(FLAGS.rights.indexOf(right));
const READ = bitOf('fd_read');
const WRITE = bitOf('fd_write');
const APPEND = 1 << FLAGS.fdflags.indexOf('append');

/** `1024`, `-` where there is none, `?` where the trace does not tell. */
export function offsetText({ offset }: DescriptorState): string {
  if (offset === 'none') return '-';
  return offset === 'unknown' ? '?' : offset.toString();
}

/** `r-`, `-w`, `rw`, with `a` where writing appends; `?` where the trace does not tell. */
export function accessText({ rights, flags }: DescriptorState): string {
  const access =
    rights === undefined
      ? '?'
      : (rights.base & READ ? 'r' : '-') + (rights.base & WRITE ? 'w' : '-');
  return flags !== undefined && flags & APPEND ? `${access}a` : access;
}

/** `all`, `none`, or the names, separated by spaces. @param rights its base or its inheriting ones */
export function rightsText(rights: DescriptorRights['base']): string {
  const names = flagNames('rights', rights);
  if (names.length === 0) return 'none';
  return names.join(' ') === FLAGS.rights.join(' ') ? 'all' : names.join(' ');
}
