/** The thread of time travel: answers one request at a time, each by replays of the whole run. */
import { TraceReader } from '../../traces/reader.ts';
import { answerRequests } from '../requests/answering.ts';
import type { TravelRequests, TravelSetup } from './messages.ts';
import { Traveller } from './traveller.ts';

answerRequests<TravelRequests, TravelSetup>(
  ({ trace, ...options }, onPreparing) =>
    new Traveller(new TraceReader(trace), options, onPreparing),
);
