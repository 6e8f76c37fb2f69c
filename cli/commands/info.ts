/** `wasi-rr info`: what a trace says of itself. */
import { statSync } from 'node:fs';
import type { Command } from 'commander';
import {
  coreLayout,
  describeOutcome,
  escapeText,
  type FixedClock,
  type GuestString,
  missingEnd,
  type Preopen,
  quoteText,
  type SeededRandom,
  stateOf,
  type TraceReader,
  WasiRrError,
} from '../../index.ts';
import { formatFrames, locateIn } from '../frames.ts';
import { jsonLine } from '../json.ts';
import { formatMoment } from '../moment.ts';
import { exitingWith } from '../run.ts';
import { stdout } from '../streams.ts';
import { openNamed } from '../trace-argument.ts';
import { count, formatBytes, formatDate, formatSeconds } from '../units.ts';

const EXAMPLES = `
Examples:
  wasi-rr info
  wasi-rr info --json app-3 | jq .module.sha256`;

export function addInfo(program: Command): void {
  program
    .command('info')
    .description('what was run, where, with what, and how it ended')
    .argument('[trace]', 'default: the latest')
    .option('--json', 'one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(infoCommand));
}

async function infoCommand(
  name: string | undefined,
  flags: { readonly json?: boolean },
): Promise<number> {
  const trace = openNamed(name);
  try {
    const info = describeTrace(trace);
    const { outcome } = info.meta;
    const trapped = outcome?.kind === 'trap' ? outcome.trap.frames : [];
    const frames = locateIn(trace, trapped);
    const lines = flags.json
      ? [jsonLine({ ...info, trapFrames: frames })]
      : formatInfo(info, formatFrames(frames));
    for (const line of lines) await stdout.print(line);
    return 0;
  } finally {
    trace.close();
  }
}

type Info = ReturnType<typeof describeTrace>;

function describeTrace(trace: TraceReader) {
  const { path, meta, segments, eventCount } = trace;
  const bytes = whereReadable(() => segmentBytes(trace));
  return {
    path,
    size: statSync(path).size,
    state: stateOf(trace),
    problem: missingEnd(trace) ?? null,
    meta,
    module: whereReadable(() => describeModule(trace)) ?? null,
    instances:
      meta.flavour === 'component' ? (whereReadable(() => instancesOf(trace)) ?? null) : null,
    readableEvents: eventCount,
    injected:
      meta.chaos === undefined ? null : (whereReadable(() => trace.injectionCounts()) ?? null),
    segments: {
      count: segments.length,
      /** Compressed, with everything that the guest was given. */
      bytes: bytes ?? null,
      bytesPerEvent: bytes === undefined || eventCount === 0 ? null : bytes / eventCount,
    },
    snapshots: whereReadable(() => trace.snapshots()) ?? null,
    keyframes: whereReadable(() => trace.keyframesEntry()) ?? null,
  };
}

/** A damaged trace says what it can. */
function whereReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    // a module's sections may not hold together either
    if (thrown instanceof WasiRrError || thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

/** The core instances of a component, with what each calls its memories. */
function instancesOf(trace: TraceReader) {
  const { instances, memories, main } = coreLayout(trace);
  return instances.map(({ id, name, size, memories: own }) => ({
    id,
    name,
    size,
    /** By the instance's own index: number in the log, and which instance made it. */
    memories: own.map((number) => ({ number, of: memories[number]?.instance ?? id })),
    main: id === main,
  }));
}

function formatInstance({ id, name, size, memories, main }: InstanceRow): string {
  const own = memories.map(({ of }, index) =>
    of === id ? `memory ${index}` : `memory ${index} is that of instance ${of}`,
  );
  const parts = [`${id} ${escapeText(name)}`, `${size} bytes`, ...own];
  return parts.join(', ') + (main ? ' (the program)' : '');
}

type InstanceRow = ReturnType<typeof instancesOf>[number];

function describeModule(trace: TraceReader) {
  const [row] = trace.query('select name, size, sha256 from modules order by id limit 1').rows;
  return row && { name: String(row[0]), size: Number(row[1]), sha256: String(row[2]) };
}

function segmentBytes(trace: TraceReader): number {
  // no segment after the readable ones is looked at
  const sql = `select coalesce(sum(length(data)), 0) from segments where id <= ${trace.segments.length}`;
  const [row] = trace.query(sql).rows;
  return Number(row?.[0] ?? 0);
}

type Field = readonly [name: string, lines: readonly string[]];

/** The component as it was given, or the only module. */
function formatProgram({ meta: { component, program }, module }: Info): Field {
  if (component !== undefined) {
    return ['component', formatFile({ ...component, name: program })];
  }
  return ['module', module ? formatFile(module) : []];
}

function formatFile({ name, size, sha256 }: NonNullable<Info['module']>): string[] {
  return [`${escapeText(name)}, ${size} bytes`, `sha256 ${escapeText(sha256)}`];
}

/** Field by field; a field may take more than one line. */
function formatInfo(info: Info, frames: readonly string[]): string[] {
  const { meta } = info;
  const { runtime, finalMemory } = meta;
  const fields: readonly Field[] = [
    ['trace', [`${escapeText(info.path)} (${formatBytes(info.size)})`]],
    ['state', [info.problem === null ? info.state : `${info.state}: ${escapeText(info.problem)}`]],
    ['outcome', formatOutcome(info)],
    ['program', [escapeText(meta.program)]],
    ['arguments', [meta.argv.map(shellLike).join(' ')]],
    ['environment', meta.env.map(shellLike)],
    ...(meta.redacted ? [['redacted', [meta.redacted.map(shellLike).join(', ')]] as const] : []),
    ['folders', meta.preopens.map(folder)],
    ['listening', (meta.listening ?? []).map((address) => escapeText(address))],
    ['recorded', [`${formatDate(meta.started)}, ${tool(meta)}, host ${escapeText(meta.host)}`]],
    ...(meta.chaos === undefined ? [] : [['chaos', formatChaos(info)] as const]),
    ...(meta.clock ? [['clock', [formatClock(meta.clock)]] as const] : []),
    ...(meta.random ? [['random bytes', [formatRandom(meta.random)]] as const] : []),
    [
      'machine',
      [
        escapeText(
          `Node ${runtime.node}, V8 ${runtime.v8}, ${runtime.platform} ${runtime.arch}, ${runtime.cpu}`,
        ),
      ],
    ],
    formatProgram(info),
    ...(info.instances ? [['instances', info.instances.map(formatInstance)] as const] : []),
    ['run', [formatRun(info)]],
    ['log', formatLog(info)],
    [
      'final memory',
      finalMemory
        ? [`${finalMemory.pages} pages of 64 KiB, xxh64 ${escapeText(finalMemory.xxh64)}`]
        : [],
    ],
    [
      'snapshots',
      (info.snapshots ?? []).map(
        ({ event, label, memory, memorySize }) =>
          `after event #${event}: ${info.instances ? `memory ${memory} of the log, ` : ''}${formatBytes(memorySize)} (${escapeText(String(label))})`,
      ),
    ],
    ...(info.keyframes
      ? [['keyframes', [`${formatBytes(info.keyframes.bytes)}, memory at all events`]] as const]
      : []),
  ];
  return [
    ...fields.flatMap(([name, lines]) => formatField(name, lines)),
    ...(frames.length > 0 ? ['stack of the trap', ...frames] : []),
  ];
}

function formatField(name: string, lines: readonly string[]): string[] {
  const shown = lines.length === 0 ? ['none'] : lines;
  return shown.map((line, i) => (i === 0 ? name : '').padEnd(14) + line);
}

function folder({ host, guest, readOnly }: Preopen): string {
  return `${quote(guest)} is ${quote(host)}${readOnly ? ', read-only' : ''}`;
}

function formatOutcome({ meta }: Info): string[] {
  return [escapeText(describeOutcome(meta.outcome))];
}

function formatRun({ meta, readableEvents }: Info): string {
  if (meta.events === undefined) return `${readableEvents} events so far`;
  const seconds = formatSeconds(meta.durationNs ?? 0);
  return `${meta.calls ?? '?'} calls, ${meta.events} events, ${seconds} s`;
}

/** Seed, what took part with what chance, and what came of it. */
function formatChaos({ meta: { chaos }, injected }: Info): string[] {
  const faults = (chaos?.faults ?? []).map(
    ({ name, rate }) => `${escapeText(name)} ${Number((100 * rate).toFixed(1))} %`,
  );
  const counts = (injected ?? []).map((one) => `${one.count} ${escapeText(one.fault)}`);
  return [
    `seed ${chaos?.seed}: ${faults.join(', ') || 'no faults'}`,
    `injected: ${counts.join(', ') || 'nothing'}`,
  ];
}

function formatClock({ startNs, stepNs }: FixedClock): string {
  const start = formatMoment(BigInt(startNs));
  return `fixed: starts at ${start}, each reading takes ${stepNs / 1000} µs, waits take no real time`;
}

function formatRandom({ generator, seed }: SeededRandom): string {
  return `${escapeText(generator)} from seed ${seed}, not fit for secrets`;
}

function formatLog({ meta, segments }: Info): string[] {
  const { bytes, bytesPerEvent } = segments;
  const size = bytes === null ? '' : `, ${formatBytes(bytes)}`;
  const each = bytesPerEvent === null ? '' : `, ${bytesPerEvent.toFixed(1)} bytes an event`;
  const payload = meta.payload === 'full' ? 'all' : `${meta.payload} bytes a call`;
  return [
    `${count(segments.count, 'segment')}${size}${each}`,
    `payload kept: ${payload}${meta.paranoid ? ', paranoid' : ''}`,
  ];
}

function tool({ tool: { name, version } }: Info['meta']): string {
  return escapeText(`${name} ${version}`);
}

/** As it is where a shell would take it so, else in quotes. */
function shellLike(text: GuestString): string {
  return typeof text === 'string' && /^[\w./:=@%+,-]+$/.test(text) ? text : quote(text);
}

function quote(text: GuestString): string {
  return quoteText(typeof text === 'string' ? text : Buffer.from(text.hex, 'hex'));
}
