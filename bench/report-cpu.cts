/**
 * Preloaded into every timed process: writes the processor time of all its threads to descriptor 3, in
 * microseconds. CommonJS, since a preloaded ES module costs 10 ms.
 */
const { writeSync }: typeof import('node:fs') = require('node:fs');

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeSync(3, String(user + system));
});
