/** What is said of variables whose values a program does not get. */
import { escapeText, type GuestString, type RedactionOptions, redactEnv } from '../index.ts';
import { say } from './streams.ts';

/**
 * Says what the user did not ask for, before the program fails for want of it.
 * @param env `NAME=value`
 */
export function sayRedacted(
  env: readonly (string | Uint8Array)[],
  options: RedactionOptions,
): void {
  const { bySecretName, unmatched } = redactEnv(env, options);
  if (bySecretName.length > 0) {
    say(
      `note: the program gets asterisks for ${bySecretName.map(nameText).join(', ')}, since the trace would hold the value. ` +
        'If it needs that: --no-redact-env.',
    );
  }
  for (const name of unmatched) {
    say(
      `note: --redact-env ${escapeText(name)}: no variable that the program is given has such a name`,
    );
  }
}

function nameText(name: GuestString): string {
  return escapeText(typeof name === 'string' ? name : Buffer.from(name.hex, 'hex').toString());
}
