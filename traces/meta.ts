/** The `meta` table: what was run, where, and how it ended. */
import { WasiRrError } from '../errors.ts';
import { parseComponentWords } from '../wasm/component/parse-words.ts';
import type { ComponentWords } from '../wasm/component/types.ts';
import { type Outcome, parseOutcome } from './outcome.ts';

/** A string of the guest's world that need not be UTF-8: text where it is, else its bytes in hex. */
export type GuestString = string | { readonly hex: string };

export interface Preopen {
  readonly host: string;
  readonly guest: string;
  /** Nothing below may be made, changed, renamed or removed. */
  readonly readOnly?: boolean;
}

/** Memory at the end of the run. */
export interface FinalMemory {
  readonly pages: number;
  /** XXH64 of the whole memory, seed 0, 16 hexadecimal digits. */
  readonly xxh64: string;
}

/** A component as a whole: the trace's modules are what it was taken apart into. */
export interface ComponentMeta {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Whether it was made of a core module, for this run. */
  readonly adapted?: boolean;
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** Its functions and their types; undefined where they could not be read. */
  readonly words?: ComponentWords | undefined;
}

/** Faults that were injected: from what seed, and which with what chance. */
export interface ChaosMeta {
  readonly seed: number;
  readonly faults: readonly { readonly name: string; readonly rate: number }[];
}

/** Clocks that were made up: what they showed followed from what the guest did. */
export interface FixedClock {
  /** What the time of day began with: nanoseconds since 1970, as decimal text. */
  readonly startNs: string;
  /** Nanoseconds by which each reading moved them on. */
  readonly stepNs: number;
}

/** Random bytes that followed from a seed. */
export interface SeededRandom {
  /** Name of the algorithm. */
  readonly generator: string;
  readonly seed: number;
}

/** Written when recording starts. */
export interface StartMeta {
  /** File name of the program. */
  readonly program: string;
  readonly tool: { readonly name: string; readonly version: string };
  readonly runtime: {
    readonly node: string;
    readonly v8: string;
    readonly platform: string;
    readonly arch: string;
    readonly cpu: string;
  };
  readonly flavour: 'preview1' | 'component';
  /** What the component says of itself; undefined for a core module. */
  readonly component?: ComponentMeta | undefined;
  readonly argv: readonly GuestString[];
  readonly env: readonly GuestString[];
  /** Names of variables that had a placeholder for their value; absent where none had. */
  readonly redacted?: readonly GuestString[] | undefined;
  readonly preopens: readonly Preopen[];
  /** Addresses (`127.0.0.1:8080`) of the listening sockets that the guest was given, from descriptor 3 on. */
  readonly listening?: readonly string[] | undefined;
  /** Address on which a server's requests came, as it was asked for. */
  readonly serving?: string | undefined;
  readonly host: string;
  /** Bytes of guest data kept per call, or `full`. */
  readonly payload: number | 'full';
  readonly paranoid: boolean;
  /** Written so that it survives a power loss; absent where it was not. */
  readonly sync?: boolean | undefined;
  /** Absent where no faults were injected. */
  readonly chaos?: ChaosMeta | undefined;
  /** Absent where it was the system's. */
  readonly clock?: FixedClock | undefined;
  readonly random?: SeededRandom | undefined;
  /** ISO 8601, UTC. */
  readonly started: string;
  /** Process that records, to tell a recording in progress from one that was killed. */
  readonly pid: number;
  /** What tells it from another one with the same number (traces/recorder-process.ts); absent in older traces. */
  readonly process?: string | undefined;
}

/** Added when recording ends. */
export interface EndMeta {
  readonly outcome: Outcome;
  readonly finalMemory: FinalMemory | null;
  readonly events: number;
  readonly calls: number;
  readonly durationNs: number;
}

export interface TraceMeta extends StartMeta {
  /** Undefined in an incomplete trace, with everything else of {@link EndMeta}. */
  readonly outcome: Outcome | undefined;
  readonly finalMemory: FinalMemory | undefined;
  readonly events: number | undefined;
  readonly calls: number | undefined;
  readonly durationNs: number | undefined;
}

/**
 * Checks what a trace says of itself.
 * @throws WasiRrError TRACE_CORRUPT where something that is needed is missing or of the wrong type
 */
export function parseMeta(path: string, rows: ReadonlyMap<string, unknown>): TraceMeta {
  const fail = (key: string): never => {
    throw new WasiRrError(
      'TRACE_CORRUPT',
      `${path} is damaged: its "${key}" is missing or unreadable. Record the run again.`,
    );
  };
  const text = (key: string, from: ReadonlyMap<string, unknown> = rows): string => {
    const value = from.get(key);
    return typeof value === 'string' ? value : fail(key);
  };
  const count = (key: string): number | undefined => {
    const value = rows.get(key);
    return Number.isSafeInteger(value) ? (value as number) : undefined;
  };
  const part = (key: string): ReadonlyMap<string, unknown> => {
    const value = rows.get(key);
    if (typeof value !== 'object' || value === null) return fail(key);
    return new Map(Object.entries(value));
  };
  const strings = (key: string): GuestString[] => {
    const value = rows.get(key);
    return Array.isArray(value) && value.every(isGuestString) ? value : fail(key);
  };
  const tool = part('tool');
  const runtime = part('runtime');
  const preopens = rows.get('preopens');
  const payload = rows.get('payload');
  const flavour = rows.get('flavour');
  if (flavour !== 'preview1' && flavour !== 'component') return fail('flavour');
  return {
    program: text('program'),
    tool: { name: text('name', tool), version: text('version', tool) },
    runtime: {
      node: text('node', runtime),
      v8: text('v8', runtime),
      platform: text('platform', runtime),
      arch: text('arch', runtime),
      cpu: text('cpu', runtime),
    },
    flavour,
    component: parseComponent(rows.get('component')),
    argv: strings('argv'),
    env: strings('env'),
    redacted: rows.has('redacted') ? strings('redacted') : undefined,
    preopens: Array.isArray(preopens) ? preopens.filter(isPreopen) : fail('preopens'),
    listening: parseListening(rows.get('listening')),
    serving: typeof rows.get('serving') === 'string' ? text('serving') : undefined,
    host: text('host'),
    payload: payload === 'full' ? 'full' : (count('payload') ?? fail('payload')),
    paranoid: rows.get('paranoid') === true,
    sync: rows.get('sync') === true ? true : undefined,
    chaos: parseChaos(rows.get('chaos')),
    clock: parseClock(rows.get('clock')),
    random: parseRandom(rows.get('random')),
    started: text('started'),
    pid: count('pid') ?? 0,
    process: rows.has('process') ? text('process') : undefined,
    outcome: parseOutcome(rows.get('outcome')),
    finalMemory: parseFinalMemory(rows.get('finalMemory')),
    events: count('events'),
    calls: count('calls'),
    durationNs: count('durationNs'),
  };
}

function parseComponent(value: unknown): ComponentMeta | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { sha256, size, adapted, imports, exports, words } = value as Record<string, unknown>;
  const isNames = (names: unknown): names is string[] =>
    Array.isArray(names) && names.every((name) => typeof name === 'string');
  return typeof sha256 === 'string' &&
    typeof size === 'number' &&
    isNames(imports) &&
    isNames(exports)
    ? {
        sha256,
        size,
        ...(adapted === true && { adapted }),
        imports,
        exports,
        words: parseComponentWords(words),
      }
    : undefined;
}

function isGuestString(value: unknown): value is GuestString {
  if (typeof value === 'string') return true;
  if (typeof value !== 'object' || value === null) return false;
  return typeof (value as { hex?: unknown }).hex === 'string';
}

function isPreopen(value: unknown): value is Preopen {
  if (typeof value !== 'object' || value === null) return false;
  const { host, guest } = value as Record<string, unknown>;
  return typeof host === 'string' && typeof guest === 'string';
}

function parseListening(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined;
}

function parseChaos(value: unknown): ChaosMeta | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { seed, faults } = value as Record<string, unknown>;
  if (!Number.isSafeInteger(seed) || !Array.isArray(faults)) return undefined;
  return { seed: seed as number, faults: faults.filter(isFault) };
}

function isFault(value: unknown): value is ChaosMeta['faults'][number] {
  if (typeof value !== 'object' || value === null) return false;
  const { name, rate } = value as Record<string, unknown>;
  return typeof name === 'string' && typeof rate === 'number';
}

function parseClock(value: unknown): FixedClock | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { startNs, stepNs } = value as Record<string, unknown>;
  return typeof startNs === 'string' && /^\d{1,19}$/.test(startNs) && typeof stepNs === 'number'
    ? { startNs, stepNs }
    : undefined;
}

function parseRandom(value: unknown): SeededRandom | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { generator, seed } = value as Record<string, unknown>;
  return typeof generator === 'string' && typeof seed === 'number'
    ? { generator, seed }
    : undefined;
}

function parseFinalMemory(value: unknown): FinalMemory | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pages, xxh64 } = value as Record<string, unknown>;
  return typeof pages === 'number' && typeof xxh64 === 'string' ? { pages, xxh64 } : undefined;
}

/** Bytes as text where they are UTF-8, else in hex. */
export function guestString(value: string | Uint8Array): GuestString {
  if (typeof value === 'string') return value;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return { hex: Buffer.from(value).toString('hex') };
  }
}
