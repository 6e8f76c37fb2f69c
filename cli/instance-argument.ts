/** Which core instance of a component, and which of its memories, a command is to look at. */
import { escapeText, type InstanceInfo, WasiRrError } from '../index.ts';
import type { Look } from './event-argument.ts';

export interface InstanceFlags {
  readonly instance?: number;
  /** By the instance's own index. */
  readonly memory?: number;
}

/** What an option of the command line says: `--instance N`. */
export const INSTANCE_OPTION = ['--instance <n>', 'of a component: of this core instance'] as const;
export const MEMORY_OPTION = [
  '--memory <n>',
  'of a component: this memory of the instance',
] as const;

export const INSTANCE_HELP = `
A component has several core instances, each with its memories and globals; \`wasi-rr info\` lists them. The one
that holds the program is meant unless --instance says otherwise, and of an instance its memory 0.`;

/** @throws WasiRrError OPTION_INVALID */
export async function instanceOf(
  { session, options }: Look,
  flags: InstanceFlags,
): Promise<InstanceInfo> {
  const { instances, main } = await session.layout(options);
  const found = instances[flags.instance ?? main];
  if (found !== undefined) return found;
  throw new WasiRrError(
    'OPTION_INVALID',
    instances.length > 1
      ? `there is no core instance ${flags.instance}; those of the run are 0 to ${instances.length - 1} (wasi-rr info lists them).`
      : 'the run is that of a core module: it has no instances to choose from.',
  );
}

/**
 * Number of the memory that is meant.
 * @returns undefined where none is named
 * @throws WasiRrError OPTION_INVALID
 */
export async function memoryNumber(look: Look, flags: InstanceFlags): Promise<number | undefined> {
  if (flags.instance === undefined && flags.memory === undefined) return undefined;
  const { id, name, memories } = await instanceOf(look, flags);
  const number = memories[flags.memory ?? 0];
  if (number !== undefined) return number;
  const there =
    memories.length === 0
      ? 'no memory'
      : `no memory ${flags.memory}: it has ${memories.map((_, index) => index).join(', ')}`;
  throw new WasiRrError('OPTION_INVALID', `instance ${id} (${escapeText(name)}) has ${there}.`);
}
