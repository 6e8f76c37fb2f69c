/**
 * What the handles of a component stand for, from the calls that made them: a descriptor for its path, a
 * stream for the file or the standard stream that it is of, a response and its body for the request. Numbers are used again once a handle is
 * dropped, as those of files are.
 */
import type { WitFunction } from '../../wasm/component/types.ts';
import type { WitValue } from '../../wasm/component/value.ts';
import { escapeText, quoteText } from '../escape.ts';

/** What a handle stands for. */
export type ResourceLabel =
  | { readonly kind: 'path'; readonly path: string }
  /** Escaped. */
  | { readonly kind: 'name'; readonly name: string };

export type Handle = Extract<WitValue, { kind: 'handle' }>;

/** Where the label of what a function makes comes from; else it is that of what it is a method of. */
const SOURCES: Readonly<Record<string, 'path' | 'beside' | ResourceLabel>> = {
  'wasi:filesystem/types descriptor.open-at': 'path',
  // a list of pairs
  'wasi:filesystem/preopens get-directories': 'beside',
  'wasi:cli/stdin get-stdin': { kind: 'name', name: 'stdin' },
  'wasi:cli/stdout get-stdout': { kind: 'name', name: 'stdout' },
  'wasi:cli/stderr get-stderr': { kind: 'name', name: 'stderr' },
  'wasi:cli/stdin read-via-stream': { kind: 'name', name: 'stdin' },
  'wasi:cli/stdout write-via-stream': { kind: 'name', name: 'stdout' },
  'wasi:cli/stderr write-via-stream': { kind: 'name', name: 'stderr' },
  'wasi:cli/terminal-stdin get-terminal-stdin': { kind: 'name', name: 'stdin' },
  'wasi:cli/terminal-stdout get-terminal-stdout': { kind: 'name', name: 'stdout' },
  'wasi:cli/terminal-stderr get-terminal-stderr': { kind: 'name', name: 'stderr' },
};

/** Methods by which a request is told what it asks for. */
const REQUEST_PARTS: Readonly<Record<string, keyof HttpRequest>> = {
  'wasi:http/types outgoing-request.set-method': 'method',
  'wasi:http/types outgoing-request.set-scheme': 'scheme',
  'wasi:http/types outgoing-request.set-authority': 'authority',
  'wasi:http/types outgoing-request.set-path-with-query': 'path',
  'wasi:http/types request.set-method': 'method',
  'wasi:http/types request.set-scheme': 'scheme',
  'wasi:http/types request.set-authority': 'authority',
  'wasi:http/types request.set-path-with-query': 'path',
};

/** As many labels are looked through; where there are more, all are forgotten. */
export const MAX_LOOKED_THROUGH = 1000;

/** Characters of what a request is for. */
const MAX_NAME = 80;

/** What a call is about. */
export interface CallSubject {
  /** Of what it is a method of. */
  readonly own: ResourceLabel | undefined;
  readonly path: string | undefined;
}

interface HttpRequest {
  readonly method?: string;
  readonly scheme?: string;
  readonly authority?: string;
  readonly path?: string;
}

/** Of the handles of one component. */
export class ResourceLabels {
  private readonly labels = new Map<string, ResourceLabel>();
  private readonly requests = new Map<string, HttpRequest>();
  /** Changes with any label. */
  version = 0;

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

  /** What the ends of streams and futures that a call is passed or gives are of: else they go by its name. */
  ofChannels(func: WitFunction, { own }: CallSubject): ResourceLabel | undefined {
    const source = SOURCES[`${func.interface.replace(/@.*/, '')} ${func.name}`];
    return typeof source === 'object' ? source : own;
  }

  /** What a call is about, as long as its arguments are the guest's. */
  about(func: WitFunction, args: readonly WitValue[]): CallSubject {
    return { own: this.ownLabel(args), path: this.pathOf(func, args) };
  }

  /** A call has taken its arguments: a handle that is given away, to be dropped or otherwise, is the guest's no more. */
  passed(args: readonly WitValue[]): void {
    for (const handle of args.flatMap(handlesIn)) {
      if (!handle.own) continue;
      this.set(handle, undefined);
      this.requests.delete(keyOf(handle));
    }
  }

  /** The component was given a handle of this number, or gave one away, and its resource is not known. */
  forget(handle: number): void {
    for (const kept of [this.labels, this.requests]) {
      if (kept.size > MAX_LOOKED_THROUGH) kept.clear();
      for (const key of kept.keys()) if (key.endsWith(` ${handle}`)) kept.delete(key);
    }
    this.version++;
  }

  /** A call has returned. */
  apply(
    func: WitFunction,
    args: readonly WitValue[],
    result: WitValue | undefined,
    { own, path }: CallSubject,
  ): void {
    const key = `${func.interface.replace(/@.*/, '')} ${func.name}`;
    this.request(REQUEST_PARTS[key], args, result);
    if (result === undefined) return;
    const source = SOURCES[key];
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

  /** A request is told a part of what it asks for. */
  private request(
    part: keyof HttpRequest | undefined,
    [self, value]: readonly WitValue[],
    result: WitValue | undefined,
  ): void {
    const done = result?.kind === 'case' && result.name === 'ok';
    if (part === undefined || self?.kind !== 'handle' || value === undefined || !done) return;
    const request = { ...this.requests.get(keyOf(self)), [part]: textIn(value) };
    this.requests.set(keyOf(self), request);
    this.version++;
    const { method = 'get', scheme = 'HTTP', authority = '', path = '' } = request;
    const secure = scheme === 'HTTP' ? '' : `${scheme.toLowerCase()}://`;
    const name = `${method.toUpperCase()} ${secure}${authority}${path}`;
    this.set(self, { kind: 'name', name: escapeText(name.trim(), { maxText: MAX_NAME }) });
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
    const key = keyOf(handle);
    if (label === undefined) {
      if (this.labels.delete(key)) this.version++;
      return;
    }
    this.labels.set(key, label);
    this.version++;
  }
}

function keyOf({ resource, handle }: Handle): string {
  return `${resource} ${handle}`;
}

/** The text in a case, or its name: of `some("/")`, of `some(HTTP)`, of `other("PURGE")`. */
function textIn(value: WitValue): string | undefined {
  if (value.kind === 'string') return value.text;
  if (value.kind !== 'case' || value.name === 'none') return undefined;
  return value.value === undefined ? value.name : textIn(value.value);
}

/** All handles in a value. */
export function handlesIn(value: WitValue): Handle[] {
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
