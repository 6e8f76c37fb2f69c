/**
 * What the handles of a component stand for, from the calls that made them: a descriptor for its path, a
 * stream for the file or the standard stream that it is of. Numbers are used again once a handle is
 * dropped, as those of files are.
 */
import type { WitFunction } from '../../wasm/component/types.ts';
import type { WitValue } from '../../wasm/component/value.ts';
import { quoteText } from '../escape.ts';

/** What a handle stands for. */
export type ResourceLabel =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'name'; readonly name: string };

type Handle = Extract<WitValue, { kind: 'handle' }>;

/** Where the label of what a function makes comes from; else it is that of what it is a method of. */
const SOURCES: Readonly<Record<string, 'path' | 'beside' | ResourceLabel>> = {
  'wasi:filesystem/types descriptor.open-at': 'path',
  // a list of pairs
  'wasi:filesystem/preopens get-directories': 'beside',
  'wasi:cli/stdin get-stdin': { kind: 'name', name: 'stdin' },
  'wasi:cli/stdout get-stdout': { kind: 'name', name: 'stdout' },
  'wasi:cli/stderr get-stderr': { kind: 'name', name: 'stderr' },
  'wasi:cli/terminal-stdin get-terminal-stdin': { kind: 'name', name: 'stdin' },
  'wasi:cli/terminal-stdout get-terminal-stdout': { kind: 'name', name: 'stdout' },
  'wasi:cli/terminal-stderr get-terminal-stderr': { kind: 'name', name: 'stderr' },
};

export class ResourceLabels {
  private readonly labels = new Map<string, ResourceLabel>();

  get(resource: number, handle: number): ResourceLabel | undefined {
    return this.labels.get(`${resource} ${handle}`);
  }

  /** The label as it stands behind a handle. */
  text(resource: number, handle: number): string | undefined {
    const label = this.get(resource, handle);
    return label?.kind === 'path' ? quoteText(label.path) : label && `<${label.name}>`;
  }

  /**
   * The path that a call is about: that of its argument, seen from what it is a method of, or that of the
   * latter.
   */
  pathOf(func: WitFunction, args: readonly WitValue[]): string | undefined {
    const own = this.ownLabel(args);
    const base = own?.kind === 'path' ? own.path : undefined;
    const index = func.params.findIndex(({ name, type }) => name === 'path' && type === 'string');
    const argument = args[index];
    if (argument?.kind !== 'string') return base;
    return base === undefined ? argument.text : joined(base, argument.text);
  }

  /** A call has returned. */
  apply(func: WitFunction, args: readonly WitValue[], result: WitValue | undefined): void {
    const own = this.ownLabel(args);
    const path = this.pathOf(func, args);
    // a handle that is given away, to be dropped or otherwise, is the guest's no more
    for (const handle of args.flatMap(handlesIn)) {
      if (handle.own) this.labels.delete(keyOf(handle));
    }
    if (result === undefined) return;
    const source = SOURCES[`${func.interface.replace(/@.*/, '')} ${func.name}`];
    if (source === 'beside') {
      this.nameByNeighbour(result);
      return;
    }
    const label =
      source === 'path'
        ? path === undefined
          ? undefined
          : { kind: 'path' as const, path }
        : (source ?? own);
    for (const handle of handlesIn(result)) this.set(handle, label);
  }

  private ownLabel([self]: readonly WitValue[]): ResourceLabel | undefined {
    return self?.kind === 'handle' ? this.get(self.resource, self.handle) : undefined;
  }

  private nameByNeighbour(value: WitValue): void {
    if (value.kind === 'list') for (const item of value.items) this.nameByNeighbour(item);
    if (value.kind !== 'tuple') return;
    const [handle, name] = value.items;
    if (handle?.kind !== 'handle' || name?.kind !== 'string') return;
    this.set(handle, { kind: 'path', path: name.text });
  }

  private set(handle: Handle, label: ResourceLabel | undefined): void {
    if (label === undefined) this.labels.delete(keyOf(handle));
    else this.labels.set(keyOf(handle), label);
  }
}

function keyOf({ resource, handle }: Handle): string {
  return `${resource} ${handle}`;
}

function handlesIn(value: WitValue): Handle[] {
  switch (value.kind) {
    case 'handle':
      return [value];
    case 'list':
    case 'tuple':
      return value.items.flatMap(handlesIn);
    case 'record':
      return value.fields.flatMap(({ value: of }) => handlesIn(of));
    case 'case':
      return value.value === undefined ? [] : handlesIn(value.value);
    default:
      return [];
  }
}

/** As the guest sees it: paths are taken from where the descriptor is. */
function joined(base: string, path: string): string {
  if (path === '' || path === '.') return base;
  return base.endsWith('/') ? base + path : `${base}/${path}`;
}
