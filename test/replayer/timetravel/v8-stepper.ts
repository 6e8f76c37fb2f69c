/**
 * A thread that steps through the main thread's WebAssembly with V8's own debugger: tells, at a breakpoint,
 * where each command ends.
 */
import { Session } from 'node:inspector';
import { parentPort, workerData } from 'node:worker_threads';

export type StepCommand = 'stepInto' | 'stepOver' | 'stepOut';

export interface StepperData {
  /** Byte of the module. */
  readonly breakpoint: number;
  readonly commands: readonly StepCommand[];
  /** Bytes at which V8 stops and nothing happens: they are passed over. */
  readonly passed: ReadonlySet<number>;
}

interface Paused {
  readonly callFrames: readonly {
    readonly location: { readonly scriptId: string; readonly columnNumber?: number };
  }[];
}

const { breakpoint, commands, passed } = workerData as StepperData;
const session = new Session();
session.connectToMainThread();
const stops: number[] = [];
let script: string | undefined;
let done = 0;
let expecting = false;

const post = (method: string, params: object = {}) =>
  session.post(method as 'Debugger.resume', params as never);

session.on('Debugger.scriptParsed', ({ params }) => {
  const { scriptId, scriptLanguage } = params as { scriptId: string; scriptLanguage?: string };
  // others are there already
  if (scriptLanguage !== 'WebAssembly' || !expecting || script !== undefined) return;
  script = scriptId;
  const location = { scriptId, lineNumber: 0, columnNumber: breakpoint };
  session.post('Debugger.setBreakpoint', { location }, (error) =>
    parentPort?.postMessage(error ? `no breakpoint: ${error.message}` : 'ready'),
  );
});

session.on('Debugger.paused', ({ params }) => {
  const [frame] = (params as unknown as Paused).callFrames;
  const at = frame?.location.columnNumber ?? -1;
  const isGuest = frame?.location.scriptId === script;
  if (!isGuest || passed.has(at)) {
    post(
      isGuest
        ? `Debugger.${done === 0 ? 'stepInto' : over(commands[done - 1])}`
        : 'Debugger.stepOut',
    );
    return;
  }
  stops.push(at);
  const command = commands[done++];
  if (command !== undefined) {
    post(`Debugger.${command}`);
    return;
  }
  parentPort?.postMessage(stops);
  post('Debugger.disable');
});

/** Where a step out ends behind the call, the next instruction is meant. */
function over(command: StepCommand | undefined): StepCommand {
  return command === 'stepInto' ? 'stepInto' : 'stepOver';
}

/** Milliseconds after which the main thread, which stands still meanwhile, is let go whatever has been found. */
const LIMIT_MS = 120_000;
setTimeout(() => {
  parentPort?.postMessage(stops);
  post('Debugger.disable');
}, LIMIT_MS).unref();

// stays until it is told to go: the main thread cannot end while it is debugged
parentPort?.on('message', (message) => {
  if (message === 'go') {
    session.disconnect();
    parentPort?.close();
  } else {
    expecting = true;
    parentPort?.postMessage('expecting');
  }
});

session.post('Debugger.enable', {}, () => parentPort?.postMessage('enabled'));
