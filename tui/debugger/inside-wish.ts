/** What is to be found out of the moment inside of the run, for what is on the screen. */
import type { InsideWish } from '../guest/inside-view.ts';
import { selectedRange } from '../model/memory-cursor.ts';
import { sourceView, wantedText } from '../panes/source-view.ts';
import { type Debugger, MEMORY_AHEAD } from './debugger.ts';
import type { Inside } from './inside.ts';

/** Whether a moment is needed at all. */
export function needsInside({ state, layout }: Debugger): boolean {
  const showsSource = state.left === 'source' && layout.timeline !== undefined;
  const showsLocals = state.tab === 'locals' && layout.tab !== undefined;
  return (showsSource || showsLocals) && !state.following;
}

export function insideWish(bugger: Debugger, { level, call, mark }: Inside): InsideWish {
  const { tab, memory, watches, openRows, left } = bugger.state;
  const { layout } = bugger;
  const shows = (wanted: typeof tab) => layout.tab !== undefined && tab === wanted;
  const showsSource = left === 'source' && layout.timeline !== undefined;
  const selected = selectedRange(memory);
  const hasHead = selected !== undefined && selected.address < memory.top;
  const inMemory = shows('memory');
  const wasm = sourceView(bugger)?.kind === 'wasm';
  return {
    mark,
    memory: inMemory
      ? { address: memory.top, length: memory.rows * memory.columns + MEMORY_AHEAD }
      : undefined,
    head:
      inMemory && hasHead
        ? { address: selected.address, length: Math.min(selected.length, MEMORY_AHEAD) }
        : undefined,
    globals: shows('globals'),
    rows: shows('locals') ? { place: { level, call }, watches, open: openRows, wasm } : undefined,
    text: showsSource ? wantedText(bugger) : undefined,
  };
}
