/**
 * Options whose value has another name than their own. Two that share one are one list in the order of the
 * command line, and `--no-x` can be something else than the opposite of `--x`.
 */
import { Option } from 'commander';

export function optionAs(name: string, flags: string, description: string): Option {
  const option = new Option(flags, description);
  option.attributeName = () => name;
  return option;
}
