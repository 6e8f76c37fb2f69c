/** Aligned columns. */

export interface Column {
  readonly title: string;
  /** Numbers stand on the right. */
  readonly right?: boolean;
}

/** Widths that hold the titles and all of `rows`. */
export function columnWidths(columns: readonly Column[], rows: readonly string[][]): number[] {
  return columns.map(({ title }, i) =>
    rows.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), title.length),
  );
}

/** One line, without trailing spaces. A cell that is too wide pushes the others. */
export function formatRow(
  columns: readonly Column[],
  widths: readonly number[],
  cells: readonly string[],
): string {
  const padded = columns.map(({ right }, i) => {
    const cell = cells[i] ?? '';
    const width = widths[i] ?? 0;
    return right ? cell.padStart(width) : cell.padEnd(width);
  });
  return padded.join('  ').trimEnd();
}

/** Titles and rows. */
export function formatTable(columns: readonly Column[], rows: readonly string[][]): string[] {
  const widths = columnWidths(columns, rows);
  const titles = columns.map(({ title }) => title);
  return [titles, ...rows].map((cells) => formatRow(columns, widths, cells));
}
