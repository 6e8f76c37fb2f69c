/** The clocks and random numbers of WASI 0.2 out of a time and a source that are the same in every run. */
import { CLOCK, type GuestTime } from '../hosts/guest-time.ts';
import type { RandomSource } from '../hosts/random-source.ts';
import { waitFor } from '../hosts/waiting.ts';
import type { Interfaces } from './provided-interfaces.ts';

const SECOND = 1_000_000_000n;

interface Pollable {
  ready(): boolean;
  block(): void;
}

/**
 * `wasi:clocks`, and the `wasi:io/poll` that knows its pollables besides those of the shim.
 * @param io the shim's `wasi:io/poll`
 */
export function timedInterfaces(time: GuestTime, io: Interfaces[string]): Interfaces {
  const { Pollable, poll } = io as {
    Pollable: { readonly prototype: object };
    poll(list: readonly Pollable[]): Uint32Array;
  };
  /** On the monotonic clock. */
  const deadlines = new WeakMap<object, bigint>();
  const now = () => time.now(CLOCK.monotonic) ?? 0n;
  const left = (pollable: Pollable) => {
    const deadline = deadlines.get(pollable);
    return deadline === undefined ? undefined : deadline - now();
  };
  const isReady = (pollable: Pollable) => (left(pollable) ?? 1n) <= 0n;
  const pollableAt = (deadline: bigint) => {
    const pollable: Pollable = Object.assign(Object.create(Pollable.prototype) as object, {
      ready: () => isReady(pollable),
      block: () => void pollAll([pollable]),
      [Symbol.dispose]: () => undefined,
    });
    deadlines.set(pollable, deadline);
    return pollable;
  };
  const pollAll = (list: readonly Pollable[]) => {
    if (!list.some((one) => deadlines.has(one))) return poll(list);
    const awaited = list.map((one) => (deadlines.has(one) ? { due: () => left(one) ?? 0n } : {}));
    const ready = () => list.flatMap((one, i) => (one.ready() ? [i] : []));
    return Uint32Array.from(waitFor(time, awaited, ready));
  };
  return {
    'wasi:io/poll': { ...io, poll: pollAll },
    'wasi:clocks/monotonic-clock': {
      now: () => time.read(CLOCK.monotonic),
      resolution: () => time.resolution(CLOCK.monotonic),
      subscribeInstant: pollableAt,
      subscribeDuration: (duration: bigint) => pollableAt(now() + duration),
    },
    'wasi:clocks/wall-clock': {
      now: () => datetime(time.read(CLOCK.realtime)),
      resolution: () => datetime(time.resolution(CLOCK.realtime)),
    },
  };
}

function datetime(ns = 0n) {
  return { seconds: ns / SECOND, nanoseconds: Number(ns % SECOND) };
}

/** `wasi:random`, all of it one sequence. */
export function randomInterfaces(fill: RandomSource): Interfaces {
  const bytes = (length: bigint) => {
    const into = new Uint8Array(Number(length));
    fill(into, 0, into.length);
    return into;
  };
  const u64 = () => new DataView(bytes(8n).buffer).getBigUint64(0, true);
  let seed: readonly [bigint, bigint] | undefined;
  return {
    'wasi:random/random': { getRandomBytes: bytes, getRandomU64: u64 },
    'wasi:random/insecure': { getInsecureRandomBytes: bytes, getInsecureRandomU64: u64 },
    'wasi:random/insecure-seed': {
      insecureSeed: () => {
        seed ??= [u64(), u64()];
        return seed;
      },
    },
  };
}
