/** The last line: a prompt, a message, work in progress, or the keys that matter here. */

import { escapeText } from '../../wasi/escape.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { focusedPane } from '../debugger/input.ts';
import { isInside } from '../debugger/inside.ts';
import { canGoPast } from '../debugger/past.ts';
import { PROMPTS } from '../debugger/prompts.ts';
import type { Prompt } from '../debugger/state.ts';
import { type Action, bindingsFor, keyLabel } from '../model/keys.ts';
import { lineText } from '../model/prompt.ts';
import { type Line, line, lineWidth, type Span, span } from '../text/line.ts';

export function footerLine(bugger: Debugger, width: number): Line {
  const { prompt, message, help } = bugger.state;
  if (prompt !== undefined) return promptSpans(prompt);
  const work = workText(bugger);
  if (work !== undefined) return line(span(`… ${work}`, 'strong'), span('  Esc stops it', 'dim'));
  if (message !== undefined) {
    const tone = message.tone === 'problem' ? 'error' : 'strong';
    const glyph = message.tone === 'problem' ? '✖ ' : '';
    return line(span(glyph + escapeText(message.text), tone));
  }
  if (help !== undefined) return line(span('any key closes; j and k scroll', 'dim'));
  return keyHints(bugger, width);
}

function promptSpans({ kind, line: typed, offered, choice, problem }: Prompt): Line {
  const { label, hint, usage } = PROMPTS[kind];
  const text = lineText(typed);
  const at = typed.characters.slice(0, typed.at).join('');
  const under = typed.characters[typed.at] ?? ' ';
  const rest = typed.characters.slice(typed.at + 1).join('');
  const parts: Span[] = [
    span(label, 'key'),
    span(escapeText(at)),
    span(escapeText(under), 'cursor'),
    span(escapeText(rest)),
  ];
  if (problem !== undefined) parts.push(span(` ✖ ${escapeText(problem)}`, 'error'));
  else if (text === '') parts.push(span(` ${hint}`, 'dim'));
  else if (choice >= 0) {
    parts.push(span(`  ${choice + 1}/${offered.length}: `, 'dim'));
    offered.slice(choice + 1, choice + 6).forEach((other) => {
      parts.push(span(`${escapeText(other.trim())}  `, 'dim'));
    });
  } else if (usage !== undefined) {
    parts.push(span(`  ${escapeText(usage(text))}`, 'dim'));
  }
  return parts;
}

function workText({ state, guest }: Debugger): string | undefined {
  const { work, isWorkTold } = state;
  if (work !== undefined && isWorkTold) {
    const share = work.share > 0 ? ` ${Math.round(work.share * 100)}%` : '';
    return work.what + share;
  }
  const { seeking } = guest;
  if (seeking?.event !== undefined) {
    return `replaying to #${seeking.position}: at #${seeking.event}`;
  }
  return undefined;
}

/** However narrow the screen is: whoever is lost looks for these. */
const ALWAYS: ReadonlySet<Action> = new Set(['help', 'quit']);

function keyHints(bugger: Debugger, width: number): Line {
  const parts: Span[] =
    canGoPast(bugger) && bugger.state.past === undefined && !isInside(bugger)
      ? [span('c', 'key'), span(' run on past the end  ', 'dim')]
      : [];
  const bindings = bindingsFor(focusedPane(bugger), isInside(bugger));
  const hints = bindings.flatMap(({ keys, footer, action }) =>
    footer === undefined
      ? []
      : [{ action, spans: [span(keyLabel(keys[0] ?? ''), 'key'), span(` ${footer}  `, 'dim')] }],
  );
  const last = hints.filter(({ action }) => ALWAYS.has(action)).flatMap(({ spans }) => spans);
  for (const { action, spans } of hints) {
    if (ALWAYS.has(action)) continue;
    if (lineWidth([...parts, ...spans, ...last]) > width) break;
    parts.push(...spans);
  }
  parts.push(...last);
  return parts;
}
