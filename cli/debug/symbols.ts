/** `info functions`, `info variables` and `info types`: what there is by name, file by file. */
import { escapeText, type SymbolList } from '../../index.ts';
import type { Answer } from './answer.ts';
import type { Debugger } from './debugger.ts';

type Kind = Parameters<Debugger['travel']['symbols']>[0]['kind'];
type ListedSymbol = SymbolList['symbols'][number];

/** Names that are listed. */
const LISTED = 500;

const TITLES: Readonly<Record<Kind, string>> = {
  function: 'functions',
  variable: 'variables of no function',
  type: 'types',
  file: 'files',
};

function listing(kind: Kind) {
  return async (debug: Debugger, pattern: string): Promise<Answer> => {
    const query = { kind, limit: LISTED, ...(pattern !== '' && { pattern }) };
    const { symbols, more } = await debug.travel.symbols(query, debug.options);
    const rest = more > 0 ? [`… ${more} more: name a part of the name`] : [];
    const none =
      pattern === ''
        ? `no ${TITLES[kind]} are known${kind === 'function' ? '.' : ': the module has no debug information.'}`
        : `no ${TITLES[kind]} match ${escapeText(pattern)}.`;
    return {
      text: symbols.length === 0 ? [none] : [...symbols.flatMap(symbolLines), ...rest],
      json: { symbols, more },
    };
  };
}

export const functions = listing('function');
export const variables = listing('variable');
export const types = listing('type');

/** The file in front of the first symbol that it has. */
function symbolLines(symbol: ListedSymbol, i: number, all: readonly ListedSymbol[]): string[] {
  const { file, line, text, offset } = symbol;
  const isFirst = i === 0 || all[i - 1]?.file !== file;
  const title = file === undefined ? 'of no known file:' : `${escapeText(file)}:`;
  const place =
    file === undefined ? (offset ? `0x${offset.toString(16)}` : '') : String(line ?? '');
  return [...(isFirst ? [title] : []), `${place}\t${escapeText(text)}`];
}
