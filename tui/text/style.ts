/**
 * Styles by meaning, and the terminal's codes for them. Colour is never the only sign of anything: with
 * `NO_COLOR` the attributes stay. Ink's chalk, which ignores `NO_COLOR`, is not used at all.
 */

/** SGR codes (ECMA-48 8.3.117): on and off, one code each, since Ink splits them that way. */
type Code = readonly [on: string, off: string];

const BOLD: Code = ['1', '22'];
const DIM: Code = ['2', '22'];
const UNDERLINE: Code = ['4', '24'];
const INVERSE: Code = ['7', '27'];
const colour = (code: number): Code => [`${code}`, '39'];
const background = (code: number): Code => [`48;5;${code}`, '49'];

const RED = colour(31);
const GREEN = colour(32);
const YELLOW = colour(33);
const BLUE = colour(34);
const MAGENTA = colour(35);
const CYAN = colour(36);

interface StyleSpec {
  readonly codes: readonly Code[];
  /** Without colours; the same attributes as with them where absent. */
  readonly plain?: readonly Code[];
}

const STYLES = {
  text: { codes: [] },
  dim: { codes: [DIM] },
  strong: { codes: [BOLD] },
  title: { codes: [BOLD, CYAN] },
  border: { codes: [DIM] },
  activeBorder: { codes: [GREEN], plain: [BOLD] },
  name: { codes: [CYAN] },
  path: { codes: [GREEN] },
  string: { codes: [YELLOW] },
  number: { codes: [MAGENTA] },
  bar: { codes: [BLUE] },
  good: { codes: [GREEN] },
  error: { codes: [RED], plain: [BOLD] },
  fatal: { codes: [BOLD, RED] },
  key: { codes: [BOLD, CYAN] },
  /** Differs from the stop before. */
  changed: { codes: [BOLD, RED], plain: [BOLD, UNDERLINE] },
  /** Written by the current call. */
  effect: { codes: [UNDERLINE, YELLOW], plain: [UNDERLINE] },
  /** Both. */
  changedEffect: { codes: [BOLD, UNDERLINE, RED], plain: [BOLD, UNDERLINE] },
  cursor: { codes: [INVERSE] },
  selectedBytes: { codes: [background(24)], plain: [UNDERLINE] },
  hit: { codes: [BOLD, YELLOW], plain: [BOLD, UNDERLINE] },
  bar1: { codes: [INVERSE] },
  banner: { codes: [YELLOW, BOLD] },
} as const satisfies Record<string, StyleSpec>;

export type Style = keyof typeof STYLES;

/** What lies behind a whole line. */
export type Backdrop = 'none' | 'selected' | 'selectedElsewhere';

const BACKDROPS: Readonly<Record<Backdrop, StyleSpec>> = {
  none: { codes: [] },
  selected: { codes: [background(24)], plain: [INVERSE] },
  selectedElsewhere: { codes: [background(238)], plain: [UNDERLINE] },
};

let coloured = true;

/**
 * Decides once, from the environment: `NO_COLOR` (no-color.org: set and not empty), `FORCE_COLOR=0`,
 * `TERM=dumb`.
 */
export function chooseColours(environment: Readonly<Record<string, string | undefined>>): void {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  const off = FORCE_COLOR === '0' || FORCE_COLOR === 'false';
  const forced = FORCE_COLOR !== undefined && !off;
  coloured = forced || !(off || (NO_COLOR !== undefined && NO_COLOR !== '') || TERM === 'dumb');
}

export function styled(text: string, style: Style, backdrop: Backdrop): string {
  const codes = [...codesOf(BACKDROPS[backdrop]), ...codesOf(STYLES[style])];
  if (codes.length === 0 || text === '') return text;
  let on = '';
  let off = '';
  for (const [open, close] of codes) {
    on += `\u001b[${open}m`;
    off = `\u001b[${close}m${off}`;
  }
  return on + text + off;
}

function codesOf(spec: StyleSpec): readonly Code[] {
  return coloured ? spec.codes : (spec.plain ?? spec.codes.filter((code) => ATTRIBUTES.has(code)));
}

const ATTRIBUTES: ReadonlySet<Code> = new Set([BOLD, DIM, UNDERLINE, INVERSE]);
