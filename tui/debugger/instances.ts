/** Which core instance of a component the panes show. */
import { escapeText } from '../../wasi/escape.ts';
import type { Chosen } from '../guest/guest-session.ts';
import type { Debugger } from './debugger.ts';

/** @param index of a memory, as the instance has it */
export function chooseInstance(bugger: Debugger, instance: number, index: number): void {
  if (bugger.state.inside !== undefined) {
    bugger.say('this moment is one inside of the instance that is shown: Esc leaves it', 'problem');
    return;
  }
  const problem = bugger.guest.choose(instance, index);
  if (problem !== undefined) {
    bugger.say(escapeText(problem), 'problem');
    return;
  }
  bugger.travel.lookInto(instance);
  bugger.say(`shown is ${chosenText(bugger.guest.chosen)}`);
}

/** The one after or before, around. */
export function otherInstance(bugger: Debugger, step: 1 | -1): void {
  const { chosen, layout } = bugger.guest;
  const count = layout?.instances.length ?? 0;
  const from = chosen?.instance.id ?? 0;
  chooseInstance(bugger, count === 0 ? 0 : (from + step + count) % count, 0);
}

/** `1 app.wasm`, and which of its memories if it has several. */
export function chosenText(chosen: Chosen | undefined): string {
  if (chosen === undefined) return '';
  const { instance, index, memory } = chosen;
  const name = `${instance.id} ${escapeText(instance.name)}`;
  if (memory === undefined) return `${name} (no memory)`;
  return instance.memories.length > 1 ? `${name} memory ${index}` : name;
}
