/** Times and sizes in few cells. */

const UNITS: readonly (readonly [ns: number, unit: string])[] = [
  [60e9, 'min'],
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
];

/** `850ns`, `1.2µs`, `38ms`, `3.08s`: three significant digits. */
export function shortTime(ns: number): string {
  for (const [size, unit] of UNITS) {
    if (ns >= size) return `${threeDigits(ns / size)}${unit}`;
  }
  return `${Math.round(ns)}ns`;
}

/** For a column: `0.008955` s up to a thousand seconds, so that a glance compares two lines. */
export function clockTime(ns: number): string {
  const seconds = ns / 1e9;
  return seconds < 1000 ? seconds.toFixed(6) : seconds.toFixed(3);
}

/** The same in seven cells at most, up to a day: `0.0090`, `12.3457`, `123.457`. */
export function shortClockTime(ns: number): string {
  const seconds = ns / 1e9;
  const digits = seconds < 100 ? 4 : seconds < 1000 ? 3 : seconds < 10_000 ? 2 : 1;
  return seconds.toFixed(digits);
}

function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function shortBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${threeDigits(bytes / 1024)} KiB`;
  if (bytes < 1024 ** 3) return `${threeDigits(bytes / 1024 ** 2)} MiB`;
  return `${threeDigits(bytes / 1024 ** 3)} GiB`;
}

export function hex(value: number, digits = 0): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

// toLocaleString makes one anew for each number: 3 ms of a frame
const GROUPED = new Intl.NumberFormat('en-US');

/** `1,234,567`. */
export function grouped(value: number): string {
  return GROUPED.format(value);
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/**
 * A bar on a logarithmic scale.
 * @param low value from which anything is seen
 * @param high value that fills the bar
 */
export function logBar(value: number, low: number, high: number, cells: number): string {
  if (value < low) return '';
  const share = Math.min(1, Math.log(value / low) / Math.log(high / low));
  const eighths = Math.max(1, Math.round(share * cells * 8));
  return '█'.repeat(eighths >> 3) + (EIGHTHS[eighths & 7] ?? '');
}
