/** poll_oneoff: waits for clocks, for something to read, and for room to write. */
import type { GuestTime } from '../guest-time.ts';
import { type Awaited, waitFor } from '../waiting.ts';
import { ERRNO, errnoOf, refuse } from './errno.ts';
import type { Family, Sandbox } from './family.ts';
import { type Readiness, readable, writable } from './readiness.ts';
import { RIGHT } from './rights.ts';

const SUBSCRIPTION_SIZE = 48;
const EVENT_SIZE = 32;

const EVENTTYPE = { clock: 0, fdRead: 1, fdWrite: 2 } as const;
const ABSTIME = 1;
const HANGUP = 1;

interface Subscription extends Awaited {
  readonly userdata: bigint;
  readonly type: number;
  /** What has happened; undefined as long as nothing has. @throws what ends the wait with an errno */
  ready(): Readiness | undefined;
}

interface Event {
  readonly subscription: Subscription;
  readonly errno: number;
  readonly found: Readiness;
}

const NOTHING: Readiness = { bytes: 0, hangup: false };

export const poll: Family = (sandbox) => ({
  poll_oneoff(list: number, out: number, count: number, countAt: number) {
    const { memory } = sandbox;
    const number = count >>> 0;
    if (number === 0) refuse(ERRNO.inval);
    const from = memory.check(list, SUBSCRIPTION_SIZE * number);
    const start = memory.check(out, EVENT_SIZE * number);
    const at = memory.check(countAt, 4);
    const subscriptions = Array.from({ length: number }, (_, i) =>
      subscription(sandbox, from + SUBSCRIPTION_SIZE * i),
    );
    const { network } = sandbox;
    const look = () => {
      network?.update();
      return subscriptions.flatMap(happened);
    };
    const events = waitFor(sandbox.time, subscriptions, look, network?.sleep);
    events.forEach((event, i) => {
      writeEvent(sandbox, start + EVENT_SIZE * i, event);
    });
    memory.setU32(at, events.length);
  },
});

function happened(subscription: Subscription): Event[] {
  try {
    const found = subscription.ready();
    return found === undefined ? [] : [{ subscription, errno: 0, found }];
  } catch (thrown) {
    return [{ subscription, errno: errnoOf(thrown), found: NOTHING }];
  }
}

function subscription(sandbox: Sandbox, at: number): Subscription {
  const { view } = sandbox.memory;
  const userdata = view.getBigUint64(at, true);
  const type = view.getUint8(at + 8);
  switch (type) {
    case EVENTTYPE.clock: {
      const id = view.getUint32(at + 16, true);
      const timeout = view.getBigUint64(at + 24, true);
      const absolute = (view.getUint16(at + 40, true) & ABSTIME) !== 0;
      return { userdata, type, ...timer(sandbox.time, id, timeout, absolute) };
    }
    case EVENTTYPE.fdRead:
    case EVENTTYPE.fdWrite: {
      const fd = view.getUint32(at + 16, true);
      const ready = () => {
        const descriptor = sandbox.table.get(fd, RIGHT.poll_fd_readwrite);
        return type === EVENTTYPE.fdRead ? readable(descriptor) : writable(descriptor);
      };
      // the network rings whoever waits for it
      return { userdata, type, ready, wakes: sandbox.table.find(fd)?.socket !== undefined };
    }
    default:
      return refuse(ERRNO.inval);
  }
}

function timer(time: GuestTime, id: number, timeout: bigint, absolute: boolean) {
  let deadline: bigint | undefined;
  // an unknown clock is an event with an errno, so it is looked up when asked
  const left = () => {
    const now = time.now(id) ?? refuse(ERRNO.inval);
    deadline ??= absolute ? timeout : now + timeout;
    return deadline - now;
  };
  return {
    ready: () => (left() <= 0n ? NOTHING : undefined),
    due: left,
  };
}

function writeEvent({ memory }: Sandbox, at: number, { subscription, errno, found }: Event): void {
  memory.bytes.fill(0, at, at + EVENT_SIZE);
  memory.setU64(at, subscription.userdata);
  memory.view.setUint16(at + 8, errno, true);
  memory.view.setUint8(at + 10, subscription.type);
  memory.setU64(at + 16, BigInt(found.bytes));
  memory.view.setUint16(at + 24, found.hangup ? HANGUP : 0, true);
}
