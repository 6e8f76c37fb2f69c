/** What a program is given on the command line: folders and variables. */
import { type Preopen, WasiRrError } from '../index.ts';
import { guestText, rawVariable } from './raw-arguments.ts';

/** The value of `--dir`. @throws WasiRrError OPTION_INVALID, as all here */
export function folder(text: string): Preopen {
  return preopen('--dir', text);
}

/** The value of `--dir-ro`. */
export function readOnlyFolder(text: string): Preopen {
  return { ...preopen('--dir-ro', text), readOnly: true };
}

/** `HOST::GUEST`, or a folder that has the same name on both sides, as wasmtime has it. */
function preopen(option: string, text: string): Preopen {
  const [host = '', guest = host, ...more] = text.split('::');
  if (host !== '' && guest !== '' && more.length === 0) return { host, guest };
  throw new WasiRrError(
    'OPTION_INVALID',
    `${option} ${text}: a folder is given as HOST or HOST::GUEST, e.g. ${option} ./data::/.`,
  );
}

/** The value of `--import`: `INTERFACE=MODULE`. */
export function moduleFor(text: string): readonly [string, string] {
  const [, name, module] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name !== undefined && module !== undefined) return [name, module];
  throw new WasiRrError(
    'OPTION_INVALID',
    `--import ${text}: an interface is given as INTERFACE=MODULE, e.g. --import my:pkg/iface=./impl.js.`,
  );
}

/** `NAME=VALUE`, or the name of a variable of this process. */
export function variable(text: string): string | Uint8Array {
  if (text.startsWith('=') || text === '') {
    throw new WasiRrError('OPTION_INVALID', `--env ${text}: a variable needs a name.`);
  }
  if (text.includes('=')) return guestText(text);
  const value = rawVariable(text);
  if (value !== undefined) return guestText(`${text}=${value}`);
  throw new WasiRrError(
    'OPTION_INVALID',
    `--env ${text}: there is no such variable to take over. Give its value: --env ${text}=VALUE.`,
  );
}
