/** `info instances`: what a component is made of; a module is one piece. */
import { coreLayout, escapeText } from '../../index.ts';
import type { Answer } from './answer.ts';
import type { Debugger } from './debugger.ts';

export function instances({ trace, stack }: Debugger): Answer {
  const { instances: all, main } = coreLayout(trace);
  const own = stack[0]?.instance?.id ?? main;
  const rows = all.map(({ id, name, size, memories }) => {
    const memory = memories.length === 1 ? '1 memory' : `${memories.length} memories`;
    return `${id === own ? '*' : ' '} ${id}  ${escapeText(name)}  ${size} bytes, ${memory}`;
  });
  const how = all.length > 1 ? ['wasi-rr debug --instance N looks into another one.'] : [];
  return { text: [...rows, ...how], json: { instances: all, instance: own } };
}
