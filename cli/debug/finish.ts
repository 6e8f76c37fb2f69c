/** `finish` and `reverse-finish`: out of the selected frame's function; forwards with what it returns. */
import { type Answer, refuse } from './answer.ts';
import { countOf } from './counts.ts';
import type { Debugger, Stop } from './debugger.ts';
import { showStop } from './show.ts';
import { jsonValue, valueLine } from './values.ts';

export function finishing(reverse: boolean) {
  return async (debug: Debugger, rest: string): Promise<Answer> => {
    const { frameNumber, stack } = debug;
    if (frameNumber >= stack.length - 1) {
      throw refuse('this is the outermost function: nothing of the guest called it.');
    }
    let stop: Stop | undefined;
    const total = countOf(rest);
    for (let done = 0; done < total && debug.stack.length > 1; done++) {
      const level = done === 0 ? frameNumber : 0;
      const { active: points } = debug.points;
      const motion = { kind: 'step', size: 'out', reverse, points, level } as const;
      stop = await debug.move({ ...motion, tellsResult: !reverse && done === total - 1 });
      if (stop.reason.kind !== 'moved') break;
      debug.onStep(done + 1, total);
    }
    if (stop === undefined) throw refuse('0 steps go nowhere.');
    const { text, json } = await showStop(debug, stop);
    const returned = await returnedLine(debug, stop);
    return { text: [...text, ...returned.text], json: { ...json, ...returned.json } };
  };
}

async function returnedLine(debug: Debugger, { returned, mark }: Stop): Promise<Answer> {
  if (returned === undefined) return { text: [], json: {} };
  const number = debug.nextValue;
  const value = await debug.travel.returned(mark, returned, number, debug.options);
  if (value === undefined) return { text: [], json: {} };
  debug.showedValue();
  return {
    text: [`Value returned is $${number} = ${valueLine(value)}`],
    json: { returned: { history: number, ...jsonValue(value) } },
  };
}
