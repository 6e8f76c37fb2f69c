/** The hosts by name. Loaded in the guest's thread only: node:wasi warns whoever loads it. */
import type { Host, HostConfig, HostName } from './host.ts';
import { nodeHost } from './node.ts';
import { sandboxHost } from './sandbox/sandbox.ts';

export const HOSTS: Readonly<Record<HostName, (config: HostConfig) => Host>> = {
  node: nodeHost,
  sandbox: sandboxHost,
};
