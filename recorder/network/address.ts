/** Addresses to listen on, as text. */
import { WasiRrError } from '../../errors.ts';
import type { Address } from './messages.ts';

const FORM = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^\s:[\]]+)):(\d{1,5})$/;

/** @param text `HOST:PORT`; IPv6 in brackets @throws WasiRrError OPTION_INVALID */
export function parseAddress(text: string): Address {
  const [, six, other, digits] = FORM.exec(text) ?? [];
  const host = six ?? other;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new WasiRrError(
    'OPTION_INVALID',
    `cannot listen on "${text}": an address is HOST:PORT with a port up to 65535, e.g. 127.0.0.1:8080, [::1]:8080, or 127.0.0.1:0 for any free port.`,
  );
}

export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
