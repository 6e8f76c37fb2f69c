/** Says what went wrong and chooses the exit code. */
import { type ErrorCode, escapeText, messageOf, WasiRrError } from '../index.ts';
import { EXIT } from './exit-status.ts';
import { say, stderr } from './streams.ts';

/** What a user gets right by typing something else; all other failures are {@link EXIT.failed}. */
const USAGE: ReadonlySet<ErrorCode> = new Set([
  'OPTION_INVALID',
  'DIRECTORY_NOT_FOUND',
  'EVENT_NOT_FOUND',
]);

/** @returns the exit code */
export function reportFailure(thrown: unknown): number {
  if (thrown instanceof WasiRrError) {
    say(thrown.message);
    return USAGE.has(thrown.code) ? EXIT.usage : EXIT.failed;
  }
  say(`${messageOf(thrown)}\nThis is a bug in wasi-rr. Please report it, with what follows:`);
  const { stack } = thrown instanceof Error ? thrown : new Error(String(thrown));
  for (const line of (stack ?? '').split('\n')) void stderr.print(`  ${escapeText(line.trim())}`);
  return EXIT.failed;
}
