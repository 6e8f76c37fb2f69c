/** The runs that sessions of the debugger are held in: random modules, small guests, examples with debug information. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { exampleCases } from '../../../examples/cases.ts';
import { coreLayout } from '../../../replayer/component/core-layout.ts';
import { TraceReader } from '../../../traces/reader.ts';
import { program } from '../../guests/assemble.ts';
import { guests } from '../../guests/guests.ts';
import type { Scratch } from '../../recorder/scratch.ts';
import type { Random } from '../../wasi/random.ts';
import { OF_WASI, randomModule } from '../rewriting/random-module.ts';
import { Subject } from './subject.ts';

/** Of the examples, those that end, and soon. */
const EXAMPLES = exampleCases().filter(
  ({ name }) => !/^(hang|syscalls|compute|echo|httpd)/.test(name),
);
/** Those whose runs end by themselves and need no deep stack; of a memory that is not exported nothing is seen. */
const GUESTS = guests.filter(
  ({ name, wat, input, expect }) =>
    ['exit', 'trap', 'exception', 'any'].includes(expect.ending.kind) &&
    input?.stdin !== 'open' &&
    !/overflow|deep|private-memory/.test(name) &&
    !wat.includes('wasi_unstable'),
);
/** Programs with debug information about values of all kinds: C, C++, Rust. */
const VALUES = join(import.meta.dirname, '../../replayer/values/programs');
const PROGRAMS = readdirSync(VALUES).filter((name) => name.endsWith('.wasm'));

/** Of one memory and of several, composed, those that wait for each other and for the host. */
const FIXTURES = join(import.meta.dirname, '../../components/fixtures');
const COMPONENTS = [
  ...(['composed.wat', 'async-composed.wat', 'two-memories.wat', 'race.wat'] as const),
  ...(['abandoned-read.wat', 'streams.wat', 'repeats.wat', 'environment.wat'] as const),
  ...(['flakyparse-O0g', 'heapsmash-O0g', 'uninit-O0g'] as const).map(
    (name) => `${name}.component.wasm` as const,
  ),
] as const;

/** Calls that return, and one that does not. */
const OVERFLOW = program(`
  (func $dive (param $left i32) (result i32)
    (if (i32.eqz (local.get $left)) (then (return (i32.const 0))))
    (i32.store (i32.const 2048) (local.get $left))
    (i32.add (call $dive (i32.sub (local.get $left) (i32.const 1))) (i32.const 1)))
  (func (export "_start")
    (drop (call $dive (i32.const 20)))
    (drop (call $sched_yield))
    (drop (call $dive (i32.const 100000000))))`);

/** An example has up to a million instructions: some 200 MB. */
const KEPT = 2;

export class Subjects {
  private readonly scratch: Scratch;
  private readonly kept = new Map<string, Subject>();
  /** Of components. */
  private readonly traces = new Map<string, string>();

  /** @param scratch where they are recorded */
  constructor(scratch: Scratch) {
    this.scratch = scratch;
  }

  /** @param large whether it may be an example, of which a session takes seconds */
  async any(random: Random, large: boolean): Promise<Subject> {
    const which = random.below(large ? 5 : 3);
    if (large && random.below(12) === 0) {
      const deep = await this.ofOverflow();
      // only where this thread has the stack for it
      if (deep.endsAsRecorded) return deep;
    }
    if (which === 4) return this.ofComponent(random.pick(COMPONENTS), random);
    if (which < 2) return this.ofModule(random);
    if (which === 2) return this.ofGuest(random);
    if (random.below(3) === 0) return this.ofProgram(random.pick(PROGRAMS as [string]));
    return this.ofExample(random.pick(EXAMPLES as [(typeof EXAMPLES)[number]]).name);
  }

  async ofProgram(name: string): Promise<Subject> {
    return this.keep(name, async () => {
      const { trace } = await this.scratch.record({ module: join(VALUES, name), paranoid: true });
      return trace;
    });
  }

  async ofExample(name: string): Promise<Subject> {
    return this.keep(name, async () => {
      const example = EXAMPLES.find((one) => one.name === name);
      if (example === undefined) throw new Error(`no example ${name}`);
      const { trace } = await this.scratch.recordExample(example);
      return trace;
    });
  }

  /** One of its instances that runs code. */
  async ofComponent(name: string, random: Random): Promise<Subject> {
    const path = join(FIXTURES, name);
    const trace = await this.recorded(name, async () => {
      const example = EXAMPLES.find((one) => one.name === name.replace('.component.wasm', ''));
      const run = example
        ? await this.scratch.recordExample(example, { module: path })
        : await this.scratch.record({
            module: await parse(readFileSync(path, 'utf8')),
            args: ['print'],
          });
      return run.trace;
    });
    const reader = new TraceReader(trace);
    const { instances, main } = coreLayout(reader);
    const instance = random.below(2) === 0 ? main : random.below(instances.length);
    const subject = await Subject.of(`${name} ${instance}`, reader, instance);
    return subject.marks.length > 0 ? subject : Subject.of(name, reader, main);
  }

  /** Recorded once. */
  private async recorded(name: string, record: () => Promise<string>): Promise<string> {
    const known = this.traces.get(name) ?? (await record());
    this.traces.set(name, known);
    return known;
  }

  private async keep(name: string, record: () => Promise<string>): Promise<Subject> {
    const known = this.kept.get(name);
    if (known) return known;
    const subject = await Subject.of(name, new TraceReader(await record()));
    this.kept.set(name, subject);
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
    return subject;
  }

  private async ofModule(random: Random): Promise<Subject> {
    const { plain } = randomModule(random, OF_WASI);
    const { trace } = await this.scratch.record({ module: plain, paranoid: true });
    return Subject.of('a random module', new TraceReader(trace));
  }

  /** As deep as a run on this machine gets: tens of thousands of frames. */
  async ofOverflow(): Promise<Subject> {
    return this.keep('overflow', async () => {
      const guest = {
        name: 'overflow',
        wat: OVERFLOW,
        expect: { ending: { kind: 'any' } },
      } as const;
      return (await this.scratch.recordGuest(guest)).trace;
    });
  }

  private async ofGuest(random: Random): Promise<Subject> {
    const guest = random.pick(GUESTS as [(typeof GUESTS)[number]]);
    const { trace } = await this.scratch.recordGuest(guest);
    return Subject.of(guest.name, new TraceReader(trace));
  }
}
