/**
 * The whole screen as lines of text with codes: as many as the terminal has rows, each as wide as it has
 * columns. Everything is drawn here and Ink writes what changed; a component per cell or row would cost
 * more than the drawing.
 */

import { escapeText } from '../../wasi/escape.ts';
import { bannerOf } from '../debugger/banner.ts';
import type { Debugger } from '../debugger/debugger.ts';
import { type Area, innerHeight, innerWidth, type Layout, overlayRows } from '../model/layout.ts';
import { footerLine } from '../panes/footer.ts';
import { headerLine } from '../panes/header.ts';
import { helpLines } from '../panes/help.ts';
import { memoryLines, memoryNote } from '../panes/memory.ts';
import { minimap } from '../panes/minimap.ts';
import { pastLines } from '../panes/past.ts';
import { sourceNote, sourceRows, sourceTitle } from '../panes/source.ts';
import { tabTitleSpans } from '../panes/tab-titles.ts';
import { timelineNote, timelineRows, timelineTitle } from '../panes/timeline.ts';
import { type Line, line, renderLine, type Span, skipCells, span } from '../text/line.ts';
import type { Backdrop } from '../text/style.ts';
import { frameBottom, frameRow, frameTop } from './frame-border.ts';

/** Cells of the minimap, with the gap before it. */
const MINIMAP_CELLS = 2;

export function drawFrame(bugger: Debugger): string[] {
  const { layout, state } = bugger;
  const { columns } = layout;
  const lines = [renderLine(headerLine(bugger, columns), columns)];
  const banner = bannerOf(bugger);
  if (banner !== undefined) {
    lines.push(renderLine(line(span(` ⚠ ${escapeText(banner)}`, 'banner')), columns));
  }
  if (state.help !== undefined) lines.push(...drawHelp(bugger, layout));
  else if (state.past !== undefined)
    lines.push(...drawOverlay('Past the end', pastLines(state.past), state.past.top, layout));
  else lines.push(...drawPanes(bugger, layout));
  lines.push(renderLine(drawFooter(bugger, layout), columns));
  return lines.slice(0, layout.rows);
}

function drawFooter(bugger: Debugger, layout: Layout): Line {
  const { prompt, message, help, past } = bugger.state;
  const free = [prompt, message, help, past].every((one) => one === undefined);
  if (layout.form === 'tiny' && free) {
    return line(span('Tab other pane  ? keys  60×15 shows both', 'dim'));
  }
  return footerLine(bugger, layout.columns);
}

function drawPanes(bugger: Debugger, layout: Layout): string[] {
  const drawLeft = bugger.state.left === 'source' ? drawSource : drawTimeline;
  const left = layout.timeline && drawLeft(bugger, layout.timeline);
  const right = layout.tab && drawTab(bugger, layout.tab);
  if (left === undefined) return right ?? [];
  if (right === undefined) return left;
  if (layout.form === 'stacked') return [...left, ...right];
  return left.map((text, row) => text + (right[row] ?? ''));
}

function drawTimeline(bugger: Debugger, area: Area): string[] {
  const { list, focus, overview } = bugger.state;
  const active = focus === 'timeline';
  const width = innerWidth(area);
  const height = innerHeight(area);
  const textWidth = width - MINIMAP_CELLS;
  const rows = timelineRows(bugger, textWidth);
  const map = minimap(
    overview,
    {
      total: list.total,
      first: rows[0]?.number ?? 0,
      last: rows.at(-1)?.number ?? 0,
      selected: list.selected,
    },
    height,
  );
  const body = Array.from({ length: height }, (_, index) => {
    const row = rows[index];
    const isSelected = row !== undefined && list.scroll.top + index === list.scroll.cursor;
    const text = renderLine(row?.line ?? [], textWidth, isSelected ? backdrop(active) : 'none');
    return frameRow(text + renderLine([span(' '), map[index] ?? span(' ')], MINIMAP_CELLS), active);
  });
  return [
    frameTop(timelineTitle(bugger), area.width, active),
    ...body,
    frameBottom(timelineNote(bugger), area.width, active),
  ];
}

function drawSource(bugger: Debugger, area: Area): string[] {
  const active = bugger.state.focus === 'timeline';
  const width = innerWidth(area);
  const height = innerHeight(area);
  const rows = sourceRows(bugger, height);
  const body = Array.from({ length: height }, (_, index) => {
    const row = rows[index];
    const text = renderLine(row?.line ?? [], width, row?.isCursor ? backdrop(active) : 'none');
    return frameRow(text, active);
  });
  return [
    frameTop(sourceTitle(bugger), area.width, active),
    ...body,
    frameBottom(sourceNote(bugger), area.width, active),
  ];
}

function drawTab(bugger: Debugger, area: Area): string[] {
  const { focus, tab, scrolls, shift } = bugger.state;
  const active = focus === 'tab';
  const width = innerWidth(area);
  const height = innerHeight(area);
  const lines: string[] = [];
  let note: string;
  if (tab === 'memory') {
    for (const one of memoryLines(bugger).slice(0, height)) lines.push(renderLine(one, width));
    note = memoryNote(bugger);
  } else {
    const content = bugger.content();
    const { top, cursor } = scrolls[tab];
    const visible = content?.lines.slice(top, top + height) ?? [];
    visible.forEach(({ line: one, target }, index) => {
      const isSelected = active && top + index === cursor;
      const marked: Line = [leadSpan(isSelected, target !== undefined), ...one];
      lines.push(renderLine(skipCells(marked, shift.tab), width, isSelected ? 'selected' : 'none'));
    });
    const total = content?.lines.length ?? 0;
    const place = total > height ? `${Math.min(total, top + height)}/${total}` : '';
    note = [content?.note ?? '', place].filter((part) => part !== '').join('  ');
  }
  while (lines.length < height) lines.push(renderLine([], width));
  return [
    frameTop(tabTitleSpans(tab, area.width), area.width, active),
    ...lines.map((text) => frameRow(text, active)),
    frameBottom(note, area.width, active),
  ];
}

/** `›` before what Enter follows. */
function leadSpan(isSelected: boolean, leads: boolean): Span {
  if (leads) return span('›', isSelected ? 'strong' : 'dim');
  return span(' ');
}

function backdrop(active: boolean): Backdrop {
  return active ? 'selected' : 'selectedElsewhere';
}

function drawHelp(bugger: Debugger, layout: Layout): string[] {
  return drawOverlay('Help', helpLines(bugger), bugger.state.help ?? 0, layout);
}

function drawOverlay(title: string, all: readonly Line[], top: number, layout: Layout): string[] {
  const { columns } = layout;
  const inner = overlayRows(layout);
  const from = Math.max(0, Math.min(top, all.length - inner));
  const shown = all.slice(from, from + inner);
  const rows = Array.from({ length: inner }, (_, index) =>
    frameRow(renderLine(shown[index] ?? [], columns - 2), true),
  );
  const note = all.length > inner ? `${from + shown.length}/${all.length}` : '';
  return [
    frameTop([span(title, 'title')], columns, true),
    ...rows,
    frameBottom(note, columns, true),
  ];
}
