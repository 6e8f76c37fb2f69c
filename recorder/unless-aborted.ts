/** Waiting that can be given up. */
import { WasiRrError } from '../errors.ts';

/**
 * What `work` comes to, unless the signal fires first (one that has fired before is not looked at).
 * @throws WasiRrError RECORDING_ENDED where it does; `work` goes on, and nobody hears of it
 */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined || signal.aborted) return work;
  const given = Promise.withResolvers<never>();
  const abort = () =>
    given.reject(new WasiRrError('RECORDING_ENDED', 'the recording was ended before it began.'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, given.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
