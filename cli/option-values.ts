/** Values of options, checked as they are parsed. */
import { InvalidArgumentError } from 'commander';

/** For an option that may be given more than once. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('It is no whole number.');
}

/** An event's number, as `12` or `#12`. */
export function eventNumber(text: string): number {
  return wholeNumber(text.replace(/^#/, ''));
}

export function seconds(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('It is no number of seconds above zero.');
}

export function payloadLimit(text: string): number | 'full' {
  if (text === 'full') return text;
  if (/^\d+$/.test(text)) return wholeNumber(text);
  throw new InvalidArgumentError('It is neither "full" nor a number of bytes.');
}
