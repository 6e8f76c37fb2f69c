/** A moment as a user writes it. */
const SECOND_NS = 1_000_000_000n;
const MS_NS = 1_000_000n;

const SECONDS = /^(\d+)(?:\.(\d{1,9}))?$/;
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

/**
 * @param text seconds since 1970, or ISO 8601, which is UTC where it names no zone
 * @returns nanoseconds since 1970, below 0 before; undefined for what is no moment
 */
export function parseMoment(text: string): bigint | undefined {
  const [, seconds, fraction = ''] = SECONDS.exec(text) ?? [];
  if (seconds !== undefined) {
    return BigInt(seconds) * SECOND_NS + BigInt(fraction.padEnd(9, '0'));
  }
  const [, day, time = '00:00', zone = 'Z'] = ISO.exec(text) ?? [];
  // JavaScript goes on into March for a 30th of February
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(`${day}`)) {
    return undefined;
  }
  const ms = Date.parse(`${day}T${time}${zone}`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * MS_NS;
}

/** ISO 8601, UTC, with as many decimals as it takes. @param ns since 1970 */
export function formatMoment(ns: bigint): string {
  const seconds = ns / SECOND_NS;
  const decimals = String(ns % SECOND_NS)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${whole}${decimals && `.${decimals}`}Z`;
}
