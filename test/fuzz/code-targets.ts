/** Fuzzing targets that read what stands in modules and components: debug information, code, types. */
import { DebugInfo } from '../../replayer/dwarf/debug-info.ts';
import { instrument } from '../../replayer/instrument/rewrite.ts';
import type { StoppedGuest } from '../../replayer/timetravel/state-at.ts';
import { Inspection } from '../../replayer/values/inspection.ts';
import { readSurface } from '../../wasm/component/surface.ts';
import { command, component } from '../components/component-wat.ts';
import { VARIANTS } from '../replayer/instrument/variants.ts';
import type { Random } from '../wasi/random.ts';
import { mutated, mutatedSection } from './mutate.ts';

/** A component with a type of every kind, an import and a resource. */
export function sampleComponent(): Promise<Uint8Array> {
  return component(
    `(import "a:b/things@1.2.3" (instance $things
      (export "thing" (type $thing (sub resource)))
      (type $colour (enum "red" "green"))
      (export "colour" (type $c (eq $colour)))
      (type $all (record
        (field "many" (list (tuple string u8 s64 f32)))
        (field "perhaps" (option (result char (error bool))))))
      (export "all" (type $a (eq $all)))
      (export "[method]thing.use" (func (param "self" (borrow $thing)) (param "all" $a) (result $c)))))`,
    command('(func (export "run") (result i32) i32.const 0)'),
  );
}

/** Of pointers, sizes and text. */
const MEMORY = Uint8Array.from({ length: 65_536 }, (_, i) => (i * 37 + (i >> 7)) & 255);

/** Whatever the debug sections say: less is known, and {@link DebugInfo.problems} or a RangeError says why. */
export function readDebugInfo(module: Uint8Array, random: Random): void {
  const changed = mutatedSection(module, /^\.debug_/, random);
  const debug = DebugInfo.of(changed);
  if (debug === undefined) return;
  allowed(() => {
    let left = 20_000;
    for (const _row of debug.rows()) if (left-- === 0) break;
  });
  const frames = Array.from({ length: 5 }, () => ({
    func: 0,
    pc: debug.layout.codeStart + random.below(changed.length),
    types: [0x7f, 0x7f, 0x7e],
    locals: [random.below(60_000), -1, 5n],
  }));
  const guest = {
    frames,
    memory: MEMORY,
    global: () => random.below(70_000),
  } as unknown as StoppedGuest;
  allowed(() => {
    const inspection = new Inspection(debug, guest, (index) => `function ${index}`);
    for (const call of inspection.calls) allowed(() => inspection.variablesOf(call));
  });
}

const plans = Object.entries(VARIANTS) as [
  [string, (typeof VARIANTS)[string]],
  ...[string, (typeof VARIANTS)[string]][],
];

/** A module that V8 takes is rewritten to one that V8 takes, whatever is to be learned from it. */
export function rewriteModule(module: Uint8Array, random: Random): void {
  const changed = mutatedSection(module, 'code', random);
  if (!WebAssembly.validate(changed)) return;
  const [name, plan] = random.pick(plans);
  const made = instrument(changed, plan(changed));
  if (!WebAssembly.validate(Uint8Array.from(made.bytes))) {
    throw new Error(`rewritten for "${name}", it is no module any more`);
  }
}

export function readComponent(bytes: Uint8Array, random: Random): void {
  allowed(() => readSurface(mutated(bytes, random)));
}

/** What does not hold together is a RangeError, which whoever reads catches; running out of something is not. */
export function allowed(read: () => unknown): void {
  try {
    read();
  } catch (thrown) {
    const ours = thrown instanceof RangeError && !/call stack|array length/i.test(thrown.message);
    if (!ours) throw thrown;
  }
}
