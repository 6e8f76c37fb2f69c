/** `wasi-rr stack`: which functions of the guest were running at an event. */
import type { Command } from 'commander';
import { EVENT_HELP, lookAt, targetOf } from '../event-argument.ts';
import { formatFrames } from '../frames.ts';
import { jsonLine } from '../json.ts';
import { exitingWith } from '../run.ts';
import { say, stdout } from '../streams.ts';

const EXAMPLES = `${EVENT_HELP}

Innermost first. The byte is the place in the module of what is executed; of a caller, right after its call.
After a trap it is the stack from which it came.

Examples:
  wasi-rr stack failure
  wasi-rr stack app-3 1234 --json`;

export function addStack(program: Command): void {
  program
    .command('stack')
    .description('the call stack of the guest at an event')
    .usage('[options] [trace] <event>')
    .argument('<trace-or-event...>', 'one argument is an event of the latest trace')
    .option('--json', 'one JSON object a frame')
    .addHelpText('after', EXAMPLES)
    .action(exitingWith(stackCommand));
}

function stackCommand(args: readonly string[], flags: { readonly json?: boolean }) {
  return lookAt(targetOf(args), async ({ session, options }) => {
    const frames = await session.stack(options);
    if (flags.json) {
      for (const [depth, { func, offset, name, mangled }] of frames.entries()) {
        const names = { name: name ?? null, mangled: mangled ?? null };
        await stdout.print(jsonLine({ event: session.position, depth, func, offset, ...names }));
      }
      return 0;
    }
    for (const line of formatFrames(frames, frames.length)) await stdout.print(line.trimStart());
    if (frames.length === 0) say(`no function of the guest is running at #${session.position}.`);
    return 0;
  });
}
