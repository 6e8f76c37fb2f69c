/** The frame around a pane: title in the upper border, a note in the lower one. */
import { cutLine, lineWidth, renderLine, type Span, span } from '../text/line.ts';
import { type Style, styled } from '../text/style.ts';
import { ellipsize } from '../text/width.ts';

const borderStyle = (active: boolean): Style => (active ? 'activeBorder' : 'border');

/** The focused pane has a double corner besides its colour. */
const CORNERS = {
  active: {
    topLeft: '┏',
    topRight: '┓',
    bottomLeft: '┗',
    bottomRight: '┛',
    across: '━',
    down: '┃',
  },
  plain: { topLeft: '╭', topRight: '╮', bottomLeft: '╰', bottomRight: '╯', across: '─', down: '│' },
} as const;

export function frameTop(title: readonly Span[], width: number, active: boolean): string {
  const { topLeft, topRight, across } = CORNERS[active ? 'active' : 'plain'];
  const style = borderStyle(active);
  const shown = cutLine(title, Math.max(0, width - 3));
  const rest = Math.max(0, width - 3 - lineWidth(shown));
  return renderLine(
    [span(`${topLeft}${across}`, style), ...shown, span(across.repeat(rest) + topRight, style)],
    width,
  );
}

export function frameBottom(note: string, width: number, active: boolean): string {
  const { bottomLeft, bottomRight, across } = CORNERS[active ? 'active' : 'plain'];
  const style = borderStyle(active);
  const shown = note === '' ? '' : ` ${ellipsize(note, Math.max(0, width - 6))} `;
  const rest = Math.max(0, width - 3 - lineWidth([span(shown)]));
  return renderLine(
    [
      span(bottomLeft + across.repeat(rest), style),
      span(shown, 'dim'),
      span(across + bottomRight, style),
    ],
    width,
  );
}

/** @param text a rendered line, two cells narrower than the pane */
export function frameRow(text: string, active: boolean): string {
  const { down } = CORNERS[active ? 'active' : 'plain'];
  const side = styled(down, borderStyle(active), 'none');
  return side + text + side;
}
