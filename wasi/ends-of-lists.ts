/**
 * Errors by which a program learns that there is no more: it meets them in every run, and a developer calls none of them a
 * failure.
 */
export const ENDS_OF_LISTS: readonly { readonly function: string; readonly errno: string }[] = [
  // a C library goes through the descriptors until there is no preopened folder any more
  { function: 'fd_prestat_get', errno: 'badf' },
  // the end of what is read has no other name in WASI 0.2
  ...['read', 'blocking-read', 'skip', 'blocking-skip'].map((name) => ({
    function: `input-stream.${name}`,
    errno: 'closed',
  })),
];

export function isEndOfList(name: string, errno: string): boolean {
  return ENDS_OF_LISTS.some((one) => one.function === name && one.errno === errno);
}
