/** What must not reach a terminal. */

/** Controls other than line ends, as code points. */
export function controlsIn(text: string): string[] {
  return [...text].filter((character) => /[\p{Cc}\p{Cf}]/u.test(character) && character !== '\n');
}
