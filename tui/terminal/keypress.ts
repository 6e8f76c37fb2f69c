/**
 * What a terminal sends, as keys and mouse events. Ink's own parser drops mouse reports, so input is
 * read here. Sequences: ECMA-48, xterm's ctlseqs (CSI … ~, SS3), SGR mouse (mode 1006).
 */

export type InputEvent =
  /** A character, or a name: `up`, `enter`, `ctrl-d`, `shift-tab`… */
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'wheel'; readonly by: 1 | -1; readonly column: number; readonly row: number }
  /** Pressed, left button. Columns and rows from 0. */
  | { readonly kind: 'click'; readonly column: number; readonly row: number }
  /** Moved while it is held down. */
  | { readonly kind: 'drag'; readonly column: number; readonly row: number }
  | { readonly kind: 'paste'; readonly text: string };

/** Final parts of CSI and SS3 sequences. */
const SEQUENCES: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  Z: 'shift-tab',
  M: 'enter',
  '1~': 'home',
  '3~': 'delete',
  '4~': 'end',
  '5~': 'pageup',
  '6~': 'pagedown',
  '7~': 'home',
  '8~': 'end',
};

const CONTROLS: Readonly<Record<number, string>> = {
  8: 'backspace',
  9: 'tab',
  10: 'enter',
  13: 'enter',
  32: 'space',
  127: 'backspace',
};

const PASTE_START = '\u001b[200~';
const PASTE_END = '\u001b[201~';

/** An escape sequence that is longer than this is none. */
const MAX_SEQUENCE = 32;

/** Turns chunks of text into events; keeps a sequence that is not whole yet. */
export class InputParser {
  private pending = '';

  /** A lone Escape stays pending: call {@link flush} when nothing follows it. */
  push(chunk: string): InputEvent[] {
    let text = this.pending + chunk;
    this.pending = '';
    const events: InputEvent[] = [];
    while (text !== '') {
      const taken = takeEvent(text);
      if (taken === undefined) {
        this.pending = text;
        break;
      }
      if (taken.event !== undefined) events.push(taken.event);
      text = text.slice(taken.length);
    }
    return events;
  }

  get isPending(): boolean {
    return this.pending !== '';
  }

  /** What is pending will not be continued: an Escape that was typed. */
  flush(): InputEvent[] {
    const text = this.pending;
    this.pending = '';
    if (text === '') return [];
    return [{ kind: 'key', key: 'escape' }, ...new InputParser().push(text.slice(1))];
  }
}

interface Taken {
  readonly event: InputEvent | undefined;
  /** How much of the text it was. */
  readonly length: number;
}

/** @returns undefined where the text may go on */
function takeEvent(text: string): Taken | undefined {
  if (text.startsWith('\u001b')) return takeEscape(text);
  const point = text.codePointAt(0) ?? 0;
  const key = CONTROLS[point];
  if (key !== undefined) return { event: { kind: 'key', key }, length: 1 };
  if (point < 32) {
    return { event: { kind: 'key', key: `ctrl-${String.fromCharCode(point + 96)}` }, length: 1 };
  }
  const character = String.fromCodePoint(point);
  return { event: { kind: 'key', key: character }, length: character.length };
}

function takeEscape(text: string): Taken | undefined {
  if (text.length === 1) return undefined;
  if (text.startsWith(PASTE_START)) {
    const end = text.indexOf(PASTE_END);
    if (end < 0) return undefined;
    const pasted = text.slice(PASTE_START.length, end);
    return { event: { kind: 'paste', text: pasted }, length: end + PASTE_END.length };
  }
  const introducer = text[1];
  if (introducer !== '[' && introducer !== 'O') {
    return { event: { kind: 'key', key: 'escape' }, length: 1 };
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  const sequence = /^\u001b[[O]([<?=>]?)([0-9;:]*)[ -/]*([@-~])/.exec(text);
  if (sequence === null) {
    if (text.length < MAX_SEQUENCE) return undefined;
    return { event: { kind: 'key', key: 'escape' }, length: 1 };
  }
  const [whole, marker, parameters = '', final = ''] = sequence;
  return { event: sequenceEvent(marker, parameters, final), length: whole.length };
}

function sequenceEvent(
  marker: string | undefined,
  parameters: string,
  final: string,
): InputEvent | undefined {
  if (marker === '<') return mouseEvent(parameters, final);
  if (marker !== '') return undefined;
  const [first = ''] = parameters.split(';');
  const name = SEQUENCES[final === '~' ? `${first}~` : final];
  return name === undefined ? undefined : { kind: 'key', key: name };
}

/** Bits of an SGR mouse report's button: motion, wheel. */
const MOTION = 32;
const WHEEL = 64;
const WHEEL_DOWN = 65;

function mouseEvent(parameters: string, final: string): InputEvent | undefined {
  const [button = 0, x = 1, y = 1] = parameters.split(';').map(Number);
  const place = { column: x - 1, row: y - 1 };
  if (button === WHEEL || button === WHEEL_DOWN) {
    return { kind: 'wheel', by: button === WHEEL ? -1 : 1, ...place };
  }
  if (final !== 'M') return undefined;
  if (button === MOTION) return { kind: 'drag', ...place };
  return button === 0 ? { kind: 'click', ...place } : undefined;
}
