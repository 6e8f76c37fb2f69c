/** `display`: expressions whose values are shown wherever the guest stops. */
import { escapeText, WasiRrError } from '../../index.ts';
import { type Answer, refuse } from './answer.ts';
import { countOf } from './counts.ts';
import type { Debugger } from './debugger.ts';
import { evaluated, formatAndExpression, jsonValue, valueLine } from './values.ts';

export interface Display {
  readonly number: number;
  /** As it was given: with a format in front of it, maybe. */
  readonly text: string;
}

export class DisplayList {
  private displays: readonly Display[] = [];
  private made = 0;

  add(text: string): Display {
    const display = { number: ++this.made, text };
    this.displays = [...this.displays, display];
    return display;
  }

  /** @param number undefined: all */
  delete(number: number | undefined): void {
    const left = this.displays.filter((one) => number !== undefined && one.number !== number);
    if (number !== undefined && left.length === this.displays.length) {
      throw refuse(`there is no display ${number}.`);
    }
    this.displays = left;
  }

  get all(): readonly Display[] {
    return this.displays;
  }
}

/** All of them, here. What has no value here is shown without one. */
export async function showDisplays(
  debug: Debugger,
  displays = debug.displays.all,
): Promise<Answer> {
  const text: string[] = [];
  const values: object[] = [];
  for (const { number, text: given } of displays) {
    const { radix, expression } = formatAndExpression(given);
    const title = `${number}: ${escapeText(expression)}`;
    try {
      const value = await evaluated(debug, expression, radix);
      text.push(`${title} = ${valueLine(value, radix)}`);
      values.push({ display: number, name: expression, ...jsonValue(value) });
    } catch (thrown) {
      if (!(thrown instanceof WasiRrError) || thrown.code !== 'OPTION_INVALID') throw thrown;
      text.push(`${title} = <no value here>`);
      values.push({ display: number, name: expression, value: null });
    }
  }
  return { text, json: { displays: values } };
}

/** @param rest numbers; empty: all */
export function undisplay(debug: Debugger, rest: string): Answer {
  const numbers = rest.split(/[\s,]+/).filter((word) => word !== '');
  if (numbers.length === 0) debug.displays.delete(undefined);
  for (const number of numbers) debug.displays.delete(countOf(number));
  return listDisplays(debug);
}

export function listDisplays(debug: Debugger): Answer {
  const { all } = debug.displays;
  return {
    text:
      all.length === 0
        ? ['nothing is displayed.']
        : all.map(({ number, text }) => `${number}: ${escapeText(text)}`),
    json: { displays: all },
  };
}
