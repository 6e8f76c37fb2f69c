/** The variables of a stopped guest, by the debug information of its module. */
import type { DebugInfo, SourceCall } from '../dwarf/debug-info.ts';
import type { Entry } from '../dwarf/entry.ts';
import type { Location } from '../dwarf/expression.ts';
import { Unreadable } from '../dwarf/machine.ts';
import { placeOfVariable } from '../dwarf/place.ts';
import { sizeOf } from '../dwarf/type.ts';
import type { Variable } from '../dwarf/variables.ts';
import type { StoppedGuest } from '../timetravel/state-at.ts';
import { type FormatContext, formatValue } from './format.ts';
import { frameMachine } from './frame-machine.ts';
import type { ShownVariable } from './messages.ts';
import { type Value, valueIn } from './value.ts';

/** A call of the source on the stack: several of them are one frame of wasm where calls were inlined. */
export interface StackedCall {
  readonly call: SourceCall;
  /** Of its wasm frame, 0 the innermost. */
  readonly level: number;
  /** DWARF's address of what is executed. */
  readonly address: number;
}

export class Inspection {
  readonly debug: DebugInfo;
  /** Innermost first. */
  readonly calls: readonly StackedCall[];
  private readonly guest: StoppedGuest;
  private readonly functionAt: FormatContext['functionAt'];

  /** @param functionAt name of the function at an index of the table */
  constructor(debug: DebugInfo, guest: StoppedGuest, functionAt: FormatContext['functionAt']) {
    this.debug = debug;
    this.guest = guest;
    this.functionAt = functionAt;
    this.calls = guest.frames.flatMap(({ pc }, level) =>
      debug.callsAt(pc).map((call) => ({ call, level, address: debug.addressOf(pc) })),
    );
  }

  /** The value of a variable of a call, which may turn out to be unreadable when it is read. */
  valueOf({ entry }: Variable, { call, level, address }: StackedCall): Value {
    const machine = frameMachine(this.guest, level);
    const type = this.debug.types.typeOf(entry);
    const frame = { entry: call.entry, address, machine };
    return valueIn(
      machine,
      type,
      orUnreadable(() => placeOfVariable(entry, machine, frame)),
    );
  }

  /** All that can be named in a call, as text. */
  variablesOf(stacked: StackedCall): ShownVariable[] {
    return stacked.call.variables().map((variable) => ({
      name: variable.name,
      kind: variable.kind,
      type: this.debug.types.typeOf(variable.entry)?.name ?? 'void',
      value: this.text(this.valueOf(variable, stacked)),
    }));
  }

  /** Level of the frame one of whose variables lies at an address of memory 0; the innermost such. */
  ownerOf(address: number): number | undefined {
    return this.calls.find((stacked) =>
      stacked.call.variables().some((variable) => {
        const { type, source } = this.valueOf(variable, stacked);
        const from = source.address;
        if (from === undefined || address < from || address >= from + (sizeOf(type) ?? 0)) {
          return false;
        }
        // a static one lies where it lies, whatever frame there is
        return this.globalValue(variable.entry).source.address === undefined;
      }),
    )?.level;
  }

  /** As {@link valueOf}, of a variable of no function. */
  globalValue(entry: Entry): Value {
    const machine = frameMachine(this.guest);
    const type = this.debug.types.typeOf(entry);
    return valueIn(
      machine,
      type,
      orUnreadable(() => placeOfVariable(entry, machine, undefined)),
    );
  }

  /** Context in which values are formatted and pointers followed. */
  get context(): FormatContext {
    return { machine: frameMachine(this.guest), functionAt: this.functionAt };
  }

  text(value: Value, radix?: Parameters<typeof formatValue>[2]): string {
    return formatValue(value, this.context, radix);
  }
}

/** Why a place is not known is told when the value is read. */
function orUnreadable(place: () => Location): Location {
  try {
    return place();
  } catch (thrown) {
    if (thrown instanceof Unreadable) return { kind: 'unreadable', why: thrown.message };
    if (thrown instanceof RangeError) {
      return { kind: 'unreadable', why: `cannot be read: ${thrown.message}` };
    }
    throw thrown;
  }
}
