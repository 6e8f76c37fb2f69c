/** One JSON value a line, for programs. Integers that a double cannot hold become decimal text. */

export function jsonLine(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (typeof item !== 'bigint') return item;
    return Number.isSafeInteger(Number(item)) ? Number(item) : String(item);
  });
}
