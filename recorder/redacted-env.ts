/**
 * Variables of which a guest gets a placeholder for the value, so that the trace does not hold it. The
 * guest itself must get the placeholder: what it reads is the log, its memory is part of what a replay
 * compares, and a value masked in the log alone would replay as another run.
 */
import { WasiRrError } from '../errors.ts';
import { type GuestString, guestString } from '../traces/meta.ts';

export interface RedactionOptions {
  /** Names of variables, in which `*` stands for anything; case does not matter. */
  readonly redactEnv?: readonly string[];
  /** Whether the names of {@link SECRET_NAMES} are among them; true by default. */
  readonly redactSecrets?: boolean;
}

/** Names that say of themselves that the value is secret. */
export const SECRET_NAMES: readonly string[] = [
  '*TOKEN',
  '*TOKEN_*',
  '*SECRET*',
  '*PASSWORD*',
  '*PASSWD*',
  '*PASSPHRASE*',
  '*_PASS',
  '*_PAT',
  '*_PWD',
  '*API_KEY*',
  '*APIKEY*',
  '*ACCESS_KEY*',
  '*PRIVATE_KEY*',
  '*SIGNING_KEY*',
  '*ENCRYPTION_KEY*',
  '*CREDENTIAL*',
];

export interface RedactedEnv {
  /** `NAME=value`, with as many asterisks as the value had bytes where it is redacted. */
  readonly env: readonly Uint8Array[];
  /** What is redacted. */
  readonly names: readonly GuestString[];
  /** Of these, what nobody named. */
  readonly bySecretName: readonly GuestString[];
  /** Of the names that were given, those of no variable. */
  readonly unmatched: readonly string[];
}

const ASTERISK = 0x2a;

/**
 * @param env `NAME=value`; bytes where they are not UTF-8
 * @throws WasiRrError OPTION_INVALID for what cannot be a name
 */
export function redactEnv(
  env: readonly (string | Uint8Array)[],
  { redactEnv: given = [], redactSecrets = true }: RedactionOptions,
): RedactedEnv {
  const asked = given.map((name) => ({ name, pattern: patternOf(name) }));
  const unmatched = new Set(given);
  const names: GuestString[] = [];
  const bySecretName: GuestString[] = [];
  const redacted = env.map((text) => {
    const entry = typeof text === 'string' ? Buffer.from(text) : text;
    const end = entry.indexOf('='.charCodeAt(0));
    const name = Buffer.from(end < 0 ? entry : entry.subarray(0, end));
    const isNamed = (pattern: RegExp) => pattern.test(name.toString());
    const matching = asked.filter(({ pattern }) => isNamed(pattern));
    for (const one of matching) unmatched.delete(one.name);
    const secret = redactSecrets && SECRETS.some(isNamed);
    if (matching.length === 0 && !secret) return entry;
    // no value, nothing to hide
    if (end < 0 || end === entry.length - 1) return entry;
    names.push(guestString(name));
    if (matching.length === 0) bySecretName.push(guestString(name));
    return Uint8Array.from(entry).fill(ASTERISK, end + 1);
  });
  return { env: redacted, names, bySecretName, unmatched: [...unmatched] };
}

const SECRETS = SECRET_NAMES.map(patternOf);

function patternOf(name: string): RegExp {
  if (name === '' || name.includes('=')) {
    throw new WasiRrError(
      'OPTION_INVALID',
      'a variable to be redacted is given by its name alone, e.g. API_KEY or AWS_*.',
    );
  }
  const parts = name.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'is');
}
