/** Options of the scripts that npm runs: `--help`, and what is wrong with others, without a stack trace. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** As `parseArgs`. For `--help` prints the usage and exits with 0; for options that are none says so and exits with 2. */
export function scriptOptions<const T extends ParseArgsConfig>(usage: string, config: T) {
  if (process.argv.includes('--help')) {
    console.log(`usage: ${usage}`);
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (thrown) {
    console.error(`${thrown instanceof Error ? thrown.message : thrown}\nusage: ${usage}`);
    process.exit(2);
  }
}
