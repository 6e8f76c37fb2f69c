/** A thread that works ahead without an end of its own, and tells how that goes. */
import { answerRequests } from '../../../replayer/requests/answering.ts';
import type { RequestOf } from '../../../replayer/requests/messages.ts';
import { type AheadRequests, TOLD } from './ahead-messages.ts';

interface Setup {
  readonly shared: SharedArrayBuffer;
  readonly told: SharedArrayBuffer;
}

answerRequests<AheadRequests, Setup>((setup) => {
  const told = new Int32Array(setup.told);
  let found = 'nothing';
  const tell = (word: number) => {
    Atomics.add(told, word, 1);
    Atomics.notify(told, word);
  };
  return {
    look: ({ at }) => `looked at ${at}`,
    step: () => found,
    worksAt: ({ name }: RequestOf<AheadRequests>) => name === 'step',
    workAhead: async (onEvent) => {
      tell(TOLD.begun);
      try {
        while (Atomics.load(told, TOLD.ends) === 0) onEvent(7);
      } catch (thrown) {
        tell(TOLD.givenUp);
        throw thrown;
      }
      found = 'found ahead';
    },
  };
});
