/** The thread that keeps a session's keyframes: makes them, and answers what is asked of memory out of them. */
import { TraceReader } from '../../traces/reader.ts';
import { answerRequests } from '../requests/answering.ts';
import { KeyframeStore } from './keyframe-store.ts';
import type { KeyframeRequests, KeyframeSetup } from './messages.ts';

answerRequests<KeyframeRequests, KeyframeSetup>(
  ({ trace }) => new KeyframeStore(new TraceReader(trace)),
);
