/** Options that say where source files are, the same for every command that shows some. */
import { Option } from 'commander';
import { collecting, pathChange } from './option-values.ts';

/** `--source`: values are folders. @param what it means for the command */
export function sourceOption(what: string): Option {
  return new Option('--source <folder>', `${what}; may be repeated`).argParser(collecting(String));
}

/** `--source-map`: values are {@link PathChange}. */
export function sourceMapOption(): Option {
  return new Option(
    '--source-map <from=to>',
    'paths of the debug information that begin otherwise here; may be repeated',
  ).argParser(collecting(pathChange));
}
