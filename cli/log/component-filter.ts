/** Which calls of a component's log are wanted. */
import {
  type ComponentWords,
  type DescribedCall,
  type LateAnswer,
  RUNTIME_FUNCTIONS,
  WasiRrError,
} from '../../index.ts';
import type { CallWishes } from './filter.ts';

export class ComponentFilter {
  private readonly wishes: CallWishes;
  private readonly names: ReadonlySet<string> | undefined;
  /** Whether anything is asked for. Then events that are no calls are left out. */
  readonly active: boolean;
  /** What makes an empty answer likely. */
  readonly warning: string | undefined;

  /** @throws WasiRrError OPTION_INVALID for what components do not have */
  constructor(wishes: CallWishes, words: ComponentWords | undefined) {
    const { call, errno, fd, path } = wishes;
    if (fd !== undefined) {
      throw new WasiRrError(
        'OPTION_INVALID',
        '--fd: a component has handles, no descriptors. Ask with --path, or --call descriptor.read-via-stream.',
      );
    }
    this.wishes = wishes;
    this.names = call === undefined ? undefined : new Set(call.split(',').filter(Boolean));
    this.active = [call, errno, path].some((wish) => wish !== undefined);
    this.warning = this.names && unknownNames(this.names, words);
  }

  /** What came later of a call. Which path that was about is not asked again. */
  takesLate(answer: LateAnswer): boolean {
    return this.active && this.takes({ ...answer, path: this.wishes.path });
  }

  /** @param call that has been answered, or never will be */
  takes({
    name,
    interface: from,
    errno,
    path,
  }: Pick<DescribedCall, 'name' | 'interface' | 'errno' | 'path'>): boolean {
    const { wishes, names } = this;
    if (names !== undefined && !names.has(name) && !names.has(from)) return false;
    const wanted = wishes.errno?.toLowerCase();
    if (
      wanted === 'any' ? errno === undefined || errno === 'success' : wanted && errno !== wanted
    ) {
      return false;
    }
    return wishes.path === undefined || path?.includes(wishes.path) === true;
  }
}

function unknownNames(
  wanted: ReadonlySet<string>,
  words: ComponentWords | undefined,
): string | undefined {
  const functions = words?.functions ?? [];
  const known = new Set([
    ...functions.flatMap((func) => [func.name, func.interface]),
    ...RUNTIME_FUNCTIONS,
  ]);
  const unknown = [...wanted].filter((name) => !known.has(name));
  if (unknown.length === 0) return undefined;
  const names = [...new Set(functions.map(({ name }) => name))].sort();
  return `the component does not import ${unknown.join(', ')}. It imports ${names.join(', ') || 'nothing'}`;
}
