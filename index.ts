/**
 * wasi-rr as a library. The command line is built on this and on nothing else.
 *
 * @example
 * import { record, replay, openTrace } from 'wasi-rr';
 * const { trace } = await record({ module: 'app.wasm', preopens: [{ host: '.', guest: '/' }] });
 * const { status } = await replay({ trace });
 */
export { type ErrorCode, messageOf, WasiRrError } from './errors.ts';
export { FAULT_NAMES, FAULTS, type Fault, type FaultName } from './recorder/chaos/faults.ts';
export type { ChaosOptions, ChaosPlan } from './recorder/chaos/plan.ts';
export type { WitValue } from './recorder/component/component-exports.ts';
export type { FixedClockOptions, SeededRandomOptions } from './recorder/determinism.ts';
export { startAhead } from './recorder/guest-start.ts';
export type { CallResult } from './recorder/guest-thread.ts';
export { DEFAULT_HOST, HOST_NAMES } from './recorder/hosts/host.ts';
export { likelyKind } from './recorder/likely-kind.ts';
export { addressText } from './recorder/network/address.ts';
export type { Address } from './recorder/network/messages.ts';
export {
  DEFAULT_PAYLOAD,
  type OpenRecording,
  openRecording,
  type RecordOptions,
  type RecordReport,
  type RunOptions,
  record,
} from './recorder/record.ts';

export type { RecordingSummary } from './recorder/recording.ts';
export type { OnTraceError } from './recorder/recording-settings.ts';
export {
  type RedactedEnv,
  type RedactionOptions,
  redactEnv,
  SECRET_NAMES,
} from './recorder/redacted-env.ts';
export { completeIndex, rebuildIndex } from './recorder/reindex.ts';
export type { PrintedOutput } from './recorder/repeated-streams.ts';
export { TOOL } from './recorder/tool.ts';
export { type RepeatOptions, type RepeatReport, recordUntilFails } from './recorder/until-fails.ts';
export {
  type CoreLayout,
  coreLayout,
  type InstanceInfo,
  type MemoryInfo,
} from './replayer/component/core-layout.ts';
export type { Mismatch } from './replayer/divergence.ts';
export { type DivergenceReport, describeEvent } from './replayer/divergence-report.ts';
export type { SourceFrame } from './replayer/dwarf/debug-info.ts';
export { type LinePlace, placeText } from './replayer/dwarf/line-index.ts';
export type { Keyframes } from './replayer/keyframes/keyframes.ts';
export type { KeyframesInfo } from './replayer/keyframes/messages.ts';
export type {
  Coverage,
  FileCoverage,
  FunctionCount,
  LineCount,
  Profile,
  ProfiledFunction,
} from './replayer/profile/messages.ts';
export { type ReplayOptions, type ReplayReport, replay } from './replayer/replay.ts';
export type { OnProgress, RequestOptions } from './replayer/requests/request-link.ts';
export type { OpenFile } from './replayer/session/descriptor-history.ts';
export type { FailurePlace } from './replayer/session/failure.ts';
export type { CallCondition, Direction } from './replayer/session/find-call.ts';
export type { SearchPattern } from './replayer/session/memory-search.ts';
export type {
  ChangedRange,
  Globals,
  GlobalValue,
  MemoryChange,
  MemoryDiff,
  MemoryHistory,
  MemoryRange,
  PoolState,
  SearchHits,
  SessionLimits,
  StackFrame,
} from './replayer/session/messages.ts';
export type { HotFunction, PastStop } from './replayer/session/past-run.ts';
export type { OpenResource } from './replayer/session/resource-history.ts';
export {
  DEFAULT_LIMITS,
  openSession,
  type Session,
  type SessionOptions,
  type SessionProblem,
  type Stop,
} from './replayer/session/session.ts';
export type { SessionMemory } from './replayer/session/session-memory.ts';
export type { Output, OutputChunk, Stream } from './replayer/session/streams-and-files.ts';
export { TraceView } from './replayer/session/trace-view.ts';
export { examineDebugFile, storedSource } from './replayer/source/debug-files.ts';
export { hasFunctionName } from './replayer/source/function-named.ts';
export { locateFrames, sourceNames } from './replayer/source/locate-frames.ts';
export type { ListedSymbol, SymbolList } from './replayer/source/symbols.ts';
export type { BreakSpec } from './replayer/timetravel/break-places.ts';
export type { FirstSeen } from './replayer/timetravel/first-seen.ts';
export type { LocalValue } from './replayer/timetravel/frames.ts';
export type { Mark } from './replayer/timetravel/mark.ts';
export type {
  ConditionOf,
  FunctionText,
  HistoryQuestion,
  LocatedArrival,
  LocatedChange,
  LocatedFrame,
  LocatedHistory,
  LocatedWrite,
  LocatedWrites,
  Question,
} from './replayer/timetravel/messages.ts';
export type {
  Arrival,
  Cause,
  Motion,
  PointRule,
  Points,
  Reason,
  StepSize,
  Watch,
  WatchOn,
} from './replayer/timetravel/motions.ts';
export {
  activePoints,
  afterMotion,
  conditionOf,
  newStopPoint,
  type StopPoint,
  type StopWhat,
} from './replayer/timetravel/stop-points.ts';
export { openTimeTravel, type TimeTravel } from './replayer/timetravel/time-travel.ts';
export type { MemoryWrite, WriteQuery } from './replayer/timetravel/writes.ts';
export type {
  EvaluatedValue,
  FrameVariables,
  ShownVariable,
  TypeText,
  VariableRow,
} from './replayer/values/messages.ts';
export type { Bookmark } from './traces/annotations.ts';
export {
  type Attachment,
  type AttachmentEntry,
  type AttachmentKind,
  attach,
  detach,
} from './traces/attachments.ts';
export { removeUnwritten as removeTrace } from './traces/claim.ts';
export {
  type CallEvent,
  type CoreValue,
  type EnterEvent,
  type LeaveEvent,
  type LogEvent,
  type LoggedFunction,
  NO_FUNCTION,
  type OpenEvent,
  type UnwindEvent,
} from './traces/events.ts';
export {
  latestTrace,
  listTraces,
  TRACE_SUFFIX,
  type TraceFile,
  traceFolder,
} from './traces/folder.ts';
export { type ForwardedEntry, isWhole } from './traces/forwarded.ts';
export { followEvents, type GrowthState } from './traces/growth.ts';
export { describeInjection, type Injection } from './traces/injections.ts';
export { removeKeyframes } from './traces/keyframes/store.ts';
export type {
  FinalMemory,
  FixedClock,
  GuestString,
  Preopen,
  SeededRandom,
  TraceMeta,
} from './traces/meta.ts';
export { openTrace } from './traces/open-trace.ts';
export { describeOutcome, isSuccess, type Outcome, parseOutcomeText } from './traces/outcome.ts';
export { type KeepReason, type Pruned, type PruneLimits, pruneTraces } from './traces/prune.ts';
export type { QueryResult, TraceReader } from './traces/reader.ts';
export { isBeingRecorded } from './traces/recorder-process.ts';
export { RequestSpans, type ServedRequest, type Span } from './traces/requests.ts';
export type { SnapshotEntry } from './traces/snapshots.ts';
export { checkFile, missingEnd, stateOf, type TraceState } from './traces/state.ts';
export type { SegmentHeader } from './traces/trace-content.ts';
export { callBytes, callPath } from './wasi/call-columns.ts';
export { answerText, callHead, lateAnswerText } from './wasi/component/call-words.ts';
export { ComponentCalls } from './wasi/component/component-calls.ts';
export { CoreMeanings } from './wasi/component/core-meanings.ts';
export type { DescribedCall, Followed, LateAnswer } from './wasi/component/described-call.ts';
export type { Header, HttpResponse } from './wasi/component/http-responses.ts';
export { RUNTIME_FUNCTIONS } from './wasi/component/runtime-words.ts';
export { type DecodedCall, type DecodedField, decodeCall } from './wasi/decode.ts';
export type { DescriptorRights, DescriptorState, FileOffset } from './wasi/descriptor-state.ts';
export { accessText, offsetText } from './wasi/descriptor-text.ts';
export { type Descriptor, DescriptorTable } from './wasi/descriptors.ts';
export { escapeText, quoteText } from './wasi/escape.ts';
export { formatCall, formatResult } from './wasi/format.ts';
export { errnoName, flagNames } from './wasi/names.ts';
export type { ComponentWords } from './wasm/component/types.ts';
export type { Trap, TrapKind, WasmFrame } from './wasm/traps.ts';
