/** A captured screen (`tmux capture-pane -e`) as an SVG picture: text, colours, weights. */

/** Pixels of a cell, for a 14 px monospaced font. */
const CELL = { width: 8.4, height: 18 };
const MARGIN = 12;
const BASELINE = 13.5;

const THEME = { background: '#16181d', text: '#d5d8de' };

/** The 16 colours of a terminal. */
const PALETTE = [
  ...['#2b2f37', '#e5646b', '#84c26f', '#dfb35c', '#6aa5e8', '#c583d9', '#56bcc4', '#c3c8d0'],
  ...['#717987', '#f2868c', '#a3da90', '#f0cb80', '#8fbef5', '#d9a5ea', '#7fd5dc', '#f2f4f7'],
];

/** Colours and weights; kept by `split`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a sequence begins with
const SGR = /(\u001b\[[\d;:]*m)/;

interface Look {
  readonly text?: string | undefined;
  readonly back?: string | undefined;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
}

interface Run {
  readonly column: number;
  readonly text: string;
  readonly look: Look;
}

/** @param columns cells of the terminal */
export function screenSvg(screen: string, columns: number, title: string): string {
  const lines = screen.replace(/\n$/, '').split('\n');
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
  const height = lines.length * CELL.height + 2 * MARGIN;
  let look: Look = {};
  const drawn = lines.flatMap((line, row) => {
    const { runs, last } = runsOf(line, look);
    look = last;
    return runs.flatMap((run) => drawRun(run, row));
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${THEME.background}"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" xml:space="preserve">`,
    ...drawn,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function drawRun({ column, text, look }: Run, row: number): string[] {
  const front =
    (look.inverse ? look.back : look.text) ?? (look.inverse ? THEME.background : THEME.text);
  const back = look.inverse ? (look.text ?? THEME.text) : look.back;
  const x = (MARGIN + column * CELL.width).toFixed(1);
  const top = MARGIN + row * CELL.height;
  const width = ([...text].length * CELL.width).toFixed(1);
  const rect =
    back === undefined
      ? []
      : [`<rect x="${x}" y="${top}" width="${width}" height="${CELL.height}" fill="${back}"/>`];
  if (text.trim() === '') return rect;
  const style = [
    look.bold ? ' font-weight="bold"' : '',
    look.dim ? ' opacity="0.6"' : '',
    look.italic ? ' font-style="italic"' : '',
    look.underline ? ' text-decoration="underline"' : '',
  ].join('');
  const place = `x="${x}" y="${top + BASELINE}" textLength="${width}" lengthAdjust="spacingAndGlyphs"`;
  return [...rect, `<text ${place} fill="${front}"${style}>${escapeXml(text)}</text>`];
}

/** Stretches of a line that look alike. */
function runsOf(line: string, first: Look): { readonly runs: Run[]; readonly last: Look } {
  const runs: Run[] = [];
  let look = first;
  let column = 0;
  for (const part of line.split(SGR)) {
    const codes = /^.\[([\d;:]*)m$/.exec(part)?.[1];
    if (codes !== undefined) {
      look = withCodes(look, codes.split(/[;:]/).map(Number));
    } else if (part !== '') {
      runs.push({ column, text: part, look });
      column += [...part].length;
    }
  }
  return { runs, last: look };
}

/** SGR codes (ECMA-48 8.3.117, and xterm's for 256 and more colours). */
function withCodes(before: Look, codes: readonly number[]): Look {
  let look = before;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 38 || code === 48) {
      const { colour, used } = extendedColour(codes.slice(i + 1));
      look = { ...look, [code === 38 ? 'text' : 'back']: colour };
      i += used;
    } else look = withCode(look, code);
  }
  return look;
}

const SWITCHES: ReadonlyMap<number, Look> = new Map<number, Look>([
  [1, { bold: true }],
  [2, { dim: true }],
  [3, { italic: true }],
  [4, { underline: true }],
  [7, { inverse: true }],
  [22, { bold: false, dim: false }],
  [23, { italic: false }],
  [24, { underline: false }],
  [27, { inverse: false }],
  [39, { text: undefined }],
  [49, { back: undefined }],
]);

function withCode(look: Look, code: number): Look {
  if (code === 0) return {};
  const change = SWITCHES.get(code);
  if (change !== undefined) return { ...look, ...change };
  if (code >= 30 && code <= 37) return { ...look, text: PALETTE[code - 30] };
  if (code >= 40 && code <= 47) return { ...look, back: PALETTE[code - 40] };
  if (code >= 90 && code <= 97) return { ...look, text: PALETTE[code - 82] };
  if (code >= 100 && code <= 107) return { ...look, back: PALETTE[code - 92] };
  return look;
}

function extendedColour(codes: readonly number[]): { colour: string | undefined; used: number } {
  const [kind, ...values] = codes;
  if (kind === 2) return { colour: `rgb(${values.slice(0, 3).join(', ')})`, used: 4 };
  return { colour: indexedColour(values[0] ?? 0), used: 2 };
}

/** 16 to 231 are a cube with six steps a side, 232 to 255 greys. */
function indexedColour(index: number): string | undefined {
  if (index < 16) return PALETTE[index];
  if (index >= 232)
    return `rgb(${Array(3)
      .fill(8 + 10 * (index - 232))
      .join(', ')})`;
  const step = (digit: number) => (digit === 0 ? 0 : 55 + 40 * digit);
  const cube = index - 16;
  const digits = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6];
  return `rgb(${digits.map(step).join(', ')})`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
