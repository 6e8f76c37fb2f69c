/** Which pieces of a trail are laid ahead of steps back, and what becomes of them. */
import { describe, expect, test } from 'vitest';
import { LaidTrail, type Piece } from '../../../replayer/session/laid-trail.ts';

const MIB = 1 << 20;
const LIMIT = 64 * MIB;

/** Lays a piece in a memory of so many bytes, each event of which changes a byte. */
function lay(trail: LaidTrail, piece: Piece, focus: number, bytes = MIB): void {
  const memory = new Uint8Array(bytes);
  const laid = trail.begin(piece, () => ({ stack: undefined, globals: [] }), 'beside');
  for (let event = piece.from; event <= piece.to; event++) {
    memory[0] = event;
    laid.passed(event, [memory]);
  }
  trail.add(laid, piece.to, focus);
}

/** What is laid in idle time at a place, until there is enough. */
function layAll(trail: LaidTrail, focus: number, bytes = MIB): Piece[] {
  const pieces: Piece[] = [];
  for (let i = 0; i < 20; i++) {
    const piece = trail.pieceAhead(focus, bytes);
    if (piece === undefined) break;
    pieces.push(piece);
    lay(trail, piece, focus, bytes);
  }
  return pieces;
}

describe('in idle time', () => {
  test('the trail grows backwards from where one is, until there is enough', () => {
    const trail = new LaidTrail(LIMIT);
    const pieces = layAll(trail, 1000);
    expect(pieces[0]?.to).toBe(1000);
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) expect(piece.to).toBe((pieces[i - 1]?.from ?? 0) - 1);
    }
    expect(trail.range).toEqual({ from: pieces.at(-1)?.from, to: 1000 });
    expect(trail.range?.from).toBeLessThanOrEqual(1000 - 64);
  });

  test('it goes on as one steps back, and forgets what lies far behind', () => {
    const trail = new LaidTrail(LIMIT);
    for (let focus = 1000; focus > 500; focus--) {
      layAll(trail, focus);
      expect(trail.has(focus - 1)).toBe(true);
    }
    const { from, to } = trail.range ?? { from: 0, to: 0 };
    expect(to - from).toBeLessThan(300);
  });

  test('it ends at the first event', () => {
    const trail = new LaidTrail(LIMIT);
    layAll(trail, 40);
    expect(trail.range).toEqual({ from: 0, to: 40 });
    expect(trail.pieceAhead(40, MIB)).toBeUndefined();
  });

  test('after a jump, a new one is laid where one is', () => {
    const trail = new LaidTrail(LIMIT);
    layAll(trail, 1000);
    layAll(trail, 300);
    expect(trail.range?.to).toBe(300);
  });

  test('a piece that is of no use any more is dropped', () => {
    const trail = new LaidTrail(LIMIT);
    const piece = trail.pieceAhead(1000, MIB) as Piece;
    lay(trail, piece, 20);
    expect(trail.range).toBeUndefined();
  });
});

describe('within the limit', () => {
  test('no trail is laid in a memory that does not fit', () => {
    const trail = new LaidTrail(LIMIT);
    expect(trail.pieceAhead(1000, LIMIT)).toBeUndefined();
    expect(trail.pieceTo(1000, 0, LIMIT)).toBeUndefined();
  });

  test('a piece that fills it up is not tried for ever', () => {
    const trail = new LaidTrail(LIMIT);
    const piece = trail.pieceAhead(1000, MIB) as Piece;
    lay(trail, piece, 1000, LIMIT + 1);
    expect(trail.range).toBeUndefined();
    expect(trail.pieceAhead(1000, MIB)).toBeUndefined();
    expect(trail.pieceAhead(900, MIB)).toBeDefined();
  });
});
