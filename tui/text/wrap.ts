/** Long text in lines: breaks at spaces, into at most so many cells where words allow. */
export function wrapWords(text: string, cells: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    const longer = `${last} ${word}`;
    if (last === undefined || longer.length > cells) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
