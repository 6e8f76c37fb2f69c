/** A line that is being typed. Pure; a position counts code points, so that no character is halved. */

export interface PromptLine {
  readonly characters: readonly string[];
  readonly at: number;
}

export const EMPTY_LINE: PromptLine = { characters: [], at: 0 };

export function lineOf(text: string): PromptLine {
  const characters = [...text];
  return { characters, at: characters.length };
}

export function lineText({ characters }: PromptLine): string {
  return characters.join('');
}

export function insert({ characters, at }: PromptLine, text: string): PromptLine {
  const typed = [...text];
  return {
    characters: [...characters.slice(0, at), ...typed, ...characters.slice(at)],
    at: at + typed.length,
  };
}

const cut = ({ characters }: PromptLine, from: number, to: number): PromptLine => ({
  characters: [...characters.slice(0, from), ...characters.slice(to)],
  at: from,
});

/** Where the word before the cursor begins. */
function wordStart({ characters, at }: PromptLine): number {
  let start = at;
  while (start > 0 && characters[start - 1] === ' ') start--;
  while (start > 0 && characters[start - 1] !== ' ') start--;
  return start;
}

/** The keys that edit, as readline has them. */
const EDITS: Readonly<Record<string, (line: PromptLine) => PromptLine>> = {
  left: (line) => ({ ...line, at: Math.max(0, line.at - 1) }),
  right: (line) => ({ ...line, at: Math.min(line.characters.length, line.at + 1) }),
  home: (line) => ({ ...line, at: 0 }),
  end: (line) => ({ ...line, at: line.characters.length }),
  'ctrl-a': (line) => ({ ...line, at: 0 }),
  'ctrl-e': (line) => ({ ...line, at: line.characters.length }),
  backspace: (line) => (line.at === 0 ? line : cut(line, line.at - 1, line.at)),
  delete: (line) => ({ ...cut(line, line.at, line.at + 1), at: line.at }),
  'ctrl-w': (line) => cut(line, wordStart(line), line.at),
  'ctrl-u': (line) => cut(line, 0, line.at),
  'ctrl-k': (line) => ({ ...cut(line, line.at, line.characters.length), at: line.at }),
  space: (line) => insert(line, ' '),
};

/** @returns undefined for a key that does not edit */
export function editLine(line: PromptLine, key: string): PromptLine | undefined {
  const edit = EDITS[key];
  if (edit !== undefined) return edit(line);
  return [...key].length === 1 ? insert(line, key) : undefined;
}
