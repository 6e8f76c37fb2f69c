/** Random accesses of memories, each with what the told form says of it. */
import { signedLeb, unsignedLeb } from '../../../replayer/instrument/additions.ts';
import { LOADS } from '../../../replayer/instrument/loads.ts';
import { STORES } from '../../../replayer/instrument/stores.ts';
import type { Random } from '../../wasi/random.ts';
import type { NumberKind } from './operators.ts';
import { ACCESS, type Kind, type TwoForms } from './two-forms.ts';

const isAtomic = (name: string) => name.includes('atomic');
const typeOfName = (name: string) => name.split('.')[0] as NumberKind;

const PLAIN_LOADS = [...LOADS].filter(([, { name }]) => !isAtomic(name));
const ATOMIC_LOADS = [...LOADS].filter(([, { name }]) => isAtomic(name));
const PLAIN_STORES = [...STORES].filter(([, { name }]) => !isAtomic(name));
const ATOMIC_STORES = [...STORES].filter(([, { name }]) => /atomic\.store/.test(name));
const EXCHANGES = [...STORES].filter(([, { name }]) => name.includes('.rmw'));

interface Address {
  readonly memory: number;
  readonly wide: boolean;
  readonly offset: number;
  /** A local of the told form. */
  readonly address: readonly number[];
}

export class MemoryCode {
  private readonly random: Random;
  /** Whether each has 64-bit addresses. */
  private readonly memories: readonly boolean[];
  private readonly code: TwoForms;
  private readonly value: (kind: Kind) => void;

  constructor(
    random: Random,
    memories: readonly boolean[],
    code: TwoForms,
    value: (kind: Kind) => void,
  ) {
    this.random = random;
    this.memories = memories;
    this.code = code;
    this.value = value;
  }

  load(kind: Kind): void {
    const [opcode, { width, lane }] = this.one(
      PLAIN_LOADS.filter(([, { name }]) => typeOfName(name) === kind),
    );
    const at = this.address(this.memory(), width, false);
    if (lane) this.value('v128');
    const more = lane ? [this.random.below(16 / width)] : [];
    const site = this.code.instruction([...memarg(opcode, at, 0), ...more]);
    if (at.memory === 0) this.code.accessed(ACCESS.read, site, at, width);
  }

  atomicLoad(kind: Kind): void {
    const [opcode, { width }] = this.one(
      ATOMIC_LOADS.filter(([, { name }]) => typeOfName(name) === kind),
    );
    const at = this.address(this.memory(), width, true);
    const site = this.code.instruction(memarg(opcode, at, Math.log2(width)));
    if (at.memory === 0) this.code.accessed(ACCESS.read, site, at, width);
  }

  store(): void {
    const { random, code } = this;
    const atomic = random.below(5) === 0;
    const [opcode, { width, name }] = this.one(atomic ? ATOMIC_STORES : PLAIN_STORES);
    const at = this.address(this.memory(), width, atomic);
    this.value(typeOfName(name));
    const lane = name.endsWith('_lane') ? [random.below(16 / width)] : [];
    const site = code.instruction([...memarg(opcode, at, atomic ? Math.log2(width) : 0), ...lane]);
    code.accessed(at.memory === 0 ? ACCESS.wrote : ACCESS.second, site, at, width);
  }

  /** A read-modify-write, whose result stays on the stack. */
  exchange(kind: 'i32' | 'i64'): void {
    const { code } = this;
    const [opcode, { width, values }] = this.one(
      EXCHANGES.filter(([, { name }]) => typeOfName(name) === kind),
    );
    const at = this.address(0, width, true);
    const [expected, loaded] = [code.temporary(kind), code.temporary(kind)];
    if (values === 2) {
      this.value(kind);
      // near to what there is, now and then
      if (this.random.below(2) === 0) {
        code.instruction([kind === 'i32' ? 0x41 : 0x42, 0]);
        code.instruction([kind === 'i32' ? 0x71 : 0x83]);
      }
      code.tell(0x22, expected);
    }
    this.value(kind);
    const site = code.instruction(memarg(opcode, at, Math.log2(width)));
    if (values === 2) {
      // both, in the bits that there are
      code.tell(0x22, loaded, 0x20, loaded, 0x20, expected);
      const long = kind === 'i64';
      const shift = signedLeb((long ? 64 : 32) - 8 * width);
      code.tell(long ? [0x85, 0x42, ...shift, 0x86, 0x50] : [0x73, 0x41, ...shift, 0x74, 0x45]);
      code.tell(0x04, 0x40);
      code.accessed(ACCESS.wrote, site, at, width);
      code.tell(0x05);
      code.accessed(ACCESS.attempt, site, at, width);
      code.tell(0x0b);
    } else code.accessed(ACCESS.wrote, site, at, width);
    code.accessed(ACCESS.read, site, at, width);
  }

  bulk(): void {
    const { random, code } = this;
    const to = this.memory();
    const wide = this.memories[to] ?? false;
    const target = this.address(to, 1, false, 0);
    const write = to === 0 ? ACCESS.wrote : ACCESS.second;
    switch (random.below(4)) {
      case 0: {
        this.value('i32');
        const count = this.count(wide);
        const site = code.instruction([0xfc, 0x0b, to]);
        code.accessed(write, site, target, count);
        return;
      }
      case 1: {
        code.instruction([0x41, random.below(3)]);
        const count = this.count(false);
        const site = code.instruction([0xfc, 0x08, 1, to]);
        code.accessed(write, site, target, count);
        if (random.below(8) === 0) code.instruction([0xfc, 0x09, 1]);
        return;
      }
      default: {
        const from = this.memory();
        const source = this.address(from, 1, false, 0);
        const count = this.count(wide && (this.memories[from] ?? false));
        const site = code.instruction([0xfc, 0x0a, to, from]);
        code.accessed(write, site, target, count);
        if (from === 0) code.accessed(ACCESS.read, site, source, count);
      }
    }
  }

  /** Its size, or what it was before it grew. */
  size(): void {
    const { random, code } = this;
    const memory = this.memory();
    const wide = this.memories[memory] ?? false;
    if (random.below(2) === 0) code.instruction([0x3f, memory]);
    else {
      code.instruction([wide ? 0x42 : 0x41, random.below(2)]);
      code.instruction([0x40, memory]);
    }
    if (wide) code.instruction([0xa7]);
  }

  /** How much a bulk instruction is to do. */
  private count(wide: boolean): { readonly local: readonly number[]; readonly wide: boolean } {
    const { random, code } = this;
    const local = code.temporary(wide ? 'i64' : 'i32');
    const count = random.pick([0, 1, 2, 3, 9, random.below(40), random.below(9000)]);
    code.instruction([wide ? 0x42 : 0x41, ...signedLeb(count)]);
    code.tell(0x22, local);
    return { local, wide };
  }

  /** Puts an address onto the stack, most often of a place that others use too. */
  private address(memory: number, width: number, aligned: boolean, given?: number): Address {
    const { random, code } = this;
    const wide = this.memories[memory] ?? false;
    const unit = aligned && random.below(30) > 0 ? width : 1;
    const mask = random.pick([0xff, 0xff, 0x3f0, 0xfff, 0xfff0, 0x1fff8]) & ~(unit - 1);
    if (random.below(40) === 0) this.value(wide ? 'i64' : 'i32');
    else if (random.below(4) === 0) {
      const place =
        random.pick([0, 16, 255, 4094, 4095, 65_532, random.below(65_536)]) & ~(unit - 1);
      code.instruction([wide ? 0x42 : 0x41, ...signedLeb(place)]);
    } else {
      this.value(wide ? 'i64' : 'i32');
      code.instruction([wide ? 0x42 : 0x41, ...signedLeb(mask)]);
      code.instruction([wide ? 0x83 : 0x71]);
    }
    const address = code.temporary(wide ? 'i64' : 'i32');
    code.tell(0x22, address);
    const offset = given ?? unit * random.pick([0, 0, 1, 2, 5, 100, random.below(3000)]);
    return { memory, wide, offset, address };
  }

  private memory(): number {
    return this.random.below(3) === 0 ? this.memories.length - 1 : 0;
  }

  private one<T>(choices: readonly T[]): T {
    return choices[this.random.below(choices.length)] as T;
  }
}

function memarg(opcode: number, { memory, offset }: Address, alignment: number): number[] {
  const code = opcode > 0xff ? [opcode >>> 16, ...unsignedLeb(opcode & 0xffff)] : [opcode];
  const place = memory === 0 ? [alignment] : [alignment | 0x40, memory];
  return [...code, ...place, ...unsignedLeb(offset)];
}
