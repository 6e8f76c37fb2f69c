/**
 * Runs a guest on past its recording, and ends: `node past-child.ts TRACE HOW`. Says `paused` once the
 * guest has run on, and at its end how many timers keep it: it must not stay longer than its work takes.
 */
import { openSession } from '../../../replayer/session/session.ts';

const [trace = '', how] = process.argv.slice(2);
const session = await openSession(trace);
const { state } = await session.continuePast(50);
process.stdout.write(`${state}\n`);
switch (how) {
  case 'close':
    await session.close();
    break;
  case 'leave':
    await session.leavePast();
    await session.continuePast(50);
    await session.close();
    break;
  case 'abort': {
    const signal = AbortSignal.timeout(50);
    await session.continuePast(60_000, { signal }).catch(() => {});
    await session.close();
    break;
  }
  case 'exit':
    process.exit(0);
    break;
  case 'nothing':
}
const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout');
process.stdout.write(`${timers.length} timers\n`);
