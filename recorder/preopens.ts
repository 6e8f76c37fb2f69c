/** The directories of the host that a guest is given, checked before anything runs. */
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf, systemCode, WasiRrError } from '../errors.ts';
import type { Preopen } from '../traces/meta.ts';
import type { HostName } from './hosts/host.ts';

/** The host that can keep a guest from changing what is in a directory. */
const READ_ONLY_HOST: HostName = 'sandbox';

/**
 * @param host what answers a core module; components have a host that can do all of it
 * @returns them with absolute paths
 * @throws WasiRrError DIRECTORY_NOT_FOUND where one is missing, no directory or may not be read;
 *   OPTION_INVALID where two have one name, or the host cannot give one as it was asked to
 */
export function checkPreopens(preopens: readonly Preopen[], host: string): Preopen[] {
  const names = new Map<string, string>();
  for (const preopen of preopens) {
    const other = names.get(preopen.guest);
    if (other !== undefined) {
      throw new WasiRrError(
        'OPTION_INVALID',
        `two directories would be ${preopen.guest} to the guest: ${other} and ${preopen.host}. Give one of them another name (HOST::GUEST).`,
      );
    }
    names.set(preopen.guest, preopen.host);
    if (preopen.readOnly && host !== READ_ONLY_HOST) {
      throw new WasiRrError(
        'OPTION_INVALID',
        `the host ${host} cannot give ${preopen.host} read-only; the host ${READ_ONLY_HOST} can.`,
      );
    }
  }
  return preopens.map(checked);
}

function checked({ host, guest, readOnly }: Preopen): Preopen {
  const problem = problemOf(host);
  if (problem !== undefined) {
    throw new WasiRrError(
      'DIRECTORY_NOT_FOUND',
      `${host} cannot be given to the guest as ${guest}: ${problem}.`,
    );
  }
  return { host: resolve(host), guest, ...(readOnly && { readOnly }) };
}

function problemOf(host: string): string | undefined {
  try {
    if (!statSync(host).isDirectory()) return 'it is a file, and only directories can be given';
    accessSync(host, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (thrown) {
    const known = PROBLEMS[systemCode(thrown) ?? ''];
    return known ?? messageOf(thrown);
  }
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such directory',
  ENOTDIR: 'a part of its path is a file',
  EACCES: 'you may not read it',
  ELOOP: 'its path goes through a loop of links',
};
