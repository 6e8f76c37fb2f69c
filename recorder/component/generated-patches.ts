/**
 * What is changed in the program that jco generates, whose version is pinned: places that tell what nothing outside of it can
 * know. Each stands in all programs that have the part of jco's runtime that it is of.
 */

interface Patch {
  readonly find: string;
  readonly replace: string;
}

export const PATCHES: readonly Patch[] = [
  // a stream that a host gets: who fills it
  {
    find: '    createUserStream() {\n',
    replace:
      '    createUserStream() {\n' +
      '      const end = getStreamEnd({ tableIdx: this.#streamTableIdx, streamEndWaitableIdx: this.#streamEndWaitableIdx });\n' +
      '      return liftedStream(this.createLiftedStream(), end);\n' +
      '    }\n' +
      '    createLiftedStream() {\n',
  },
  {
    find: '    return [ stream, ctx ];\n',
    replace: '    return [ liftedStream(stream, streamEnd), ctx ];\n',
  },
];

export function patched(program: string): string {
  return PATCHES.reduce((text, { find, replace }) => text.replaceAll(find, () => replace), program);
}
