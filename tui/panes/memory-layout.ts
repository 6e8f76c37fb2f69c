/** How many bytes a row of the hex view has. */

/** Address, two spaces, three cells a byte with a gap in the middle, ASCII. */
function rowWidth(columns: number): number {
  return 8 + 2 + columns * 3 + 1 + 1 + columns;
}

/** @param width cells inside the frame */
export function memoryColumns(width: number): 8 | 16 {
  return width >= rowWidth(16) ? 16 : 8;
}

const MOST_NOTES = 5;

/** Lines of a pane's that say what the bytes under the cursor may mean; at least half are left for bytes. */
export function memoryNotes(height: number): number {
  return height < 4 ? 0 : Math.min(MOST_NOTES, Math.floor(height / 2));
}
