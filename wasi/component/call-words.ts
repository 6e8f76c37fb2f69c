/** Calls of a component as one writes them: those of the component runtime as methods of what they are about. */
import { escapeText } from '../escape.ts';
import type { DescribedCall, LateAnswer } from './described-call.ts';

/** `stream.write` of a stream, `subtask.cancel` of a subtask. */
const OF_HANDLES = /^(stream|future|subtask|waitable-set|error-context)\.(.+)$/;

/** Of a function of the component runtime that is about a handle: `read`; undefined for others. */
export function methodOf(name: string): string | undefined {
  return OF_HANDLES.exec(name)?.[2];
}

/**
 * @param args names and texts, in order
 * @returns e.g. `descriptor.read(descriptor#3, 12)`, `stream<u8>#4 <stdout>.write(12 bytes "hello…")`,
 *   `task.return run(ok)`. Texts are taken to be escaped
 */
export function callHead(
  name: string,
  args: readonly { readonly name: string; readonly text: string }[],
): string {
  const texts = args.map(({ text }) => text);
  const [first] = args;
  const verb = methodOf(name);
  if (verb !== undefined && first?.name === 'self') {
    return `${first.text}.${verb}(${texts.slice(1).join(', ')})`;
  }
  if (name.startsWith('task.') && first?.name === 'of') {
    return `${name} ${first.text}(${texts.slice(1).join(', ')})`;
  }
  return `${escapeText(name)}(${texts.join(', ')})`;
}

/** `= 13`, `= blocked`, `of #3` of what a task returns. @param call that was answered */
export function answerText({ result, arrived }: DescribedCall): string {
  if (arrived === undefined) return `= ${result ?? '()'}`;
  if (result === undefined) return `of #${arrived.call}`;
  return arrived.result === result
    ? `= ${result} of #${arrived.call}`
    : `= ${result}: ${lateAnswerText(arrived)}`;
}

/** `stream<u8>#2 <stdin>.read of #9 = 13 bytes "Hello, world!"`. Safe to print. */
export function lateAnswerText(arrival: LateAnswer): string {
  return `${lateAnswerHead(arrival)} = ${arrival.result ?? '()'}`;
}

function lateAnswerHead({ call, interface: from, name, self }: LateAnswer): string {
  const verb = methodOf(name);
  const what =
    self === undefined || verb === undefined
      ? escapeText(`${from} ${name}`.trimStart())
      : `${self}.${verb}`;
  return `${what} of #${call}`;
}
