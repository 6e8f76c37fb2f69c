/** The hosts by name. Loaded in the guest's thread only. */
import type { Host, HostConfig, HostName } from './host.ts';
import { sandboxHost } from './sandbox/sandbox.ts';

export const HOSTS: Readonly<Record<HostName, () => Promise<(config: HostConfig) => Host>>> = {
  // node:wasi warns whoever loads it
  node: async () => (await import('./node.ts')).nodeHost,
  sandbox: async () => sandboxHost,
};
