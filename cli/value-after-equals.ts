/**
 * Options whose value stands after an equals sign or not at all: `--chaos`, `--chaos=7`. Commander alone
 * would take the program in `--chaos app.wasm` for the value.
 */
import type { Command } from 'commander';

export function valueOnlyAfterEquals(command: Command, flag: string): void {
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (args) => parse(withEquals(command, flag, args));
}

/** The flag becomes `flag=`, up to where the program's own arguments begin. */
function withEquals(command: Command, flag: string, args: readonly string[]): string[] {
  const out = [...args];
  for (let i = 0; i < out.length; i++) {
    const arg = out[i] ?? '';
    if (arg === '--' || !arg.startsWith('-')) break;
    if (arg === flag) out[i] = `${flag}=`;
    else if (takesNext(command, arg)) i++;
  }
  return out;
}

function takesNext(command: Command, arg: string): boolean {
  // of letters after one dash, the last may take a value: `-qo FILE`
  const name = arg.startsWith('--') ? arg : `-${arg.at(-1)}`;
  return command.options.some(
    ({ short, long, required }) => required && (short === name || long === name),
  );
}
