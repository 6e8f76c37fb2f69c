/**
 * V8's debugger and profiler for a worker of this process, over the inspector protocol: pauses a thread
 * wherever it is, and says where it spends its time.
 * https://nodejs.org/api/inspector.html, https://chromedevtools.github.io/devtools-protocol/
 */
import { Session } from 'node:inspector';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds within which a thread that can be inspected is there. */
const ATTACH_MS = 10_000;

/** What the protocol says of a frame; only what is used here. */
interface PausedFrame {
  readonly location: { readonly scriptId: string; readonly columnNumber?: number };
}

/** A place in the code of a module. */
export interface CodePlace {
  /** The module's, as V8 names it: by the name that it gives itself. */
  readonly url: string;
  /** Byte in the module. */
  readonly offset: number;
}

export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly url: string; readonly columnNumber: number };
  }[];
  /** Ids of nodes, one a sample. */
  readonly samples?: readonly number[];
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

export class WorkerInspector {
  private readonly session = new Session();
  private readonly name: string;
  private sessionId: string | undefined;
  private ids = 0;
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  /** URLs by id. */
  private readonly wasmScripts = new Map<string, string>();
  private onResumed: (() => void) | undefined;
  private onPaused: ((frames: readonly PausedFrame[]) => void) | undefined;

  private constructor(name: string) {
    this.name = name;
  }

  /**
   * @param name that the worker was given (option `name`), no other's end
   * @returns undefined where there is none, or this thread cannot inspect it
   */
  static async attach(name: string): Promise<WorkerInspector | undefined> {
    const inspector = new WorkerInspector(name);
    await inspector.connect();
    if (inspector.sessionId !== undefined) return inspector;
    inspector.close();
    return undefined;
  }

  /** Sends a command to the worker, and waits until it has got round to it. */
  async send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.ids;
    const reply = new Promise<Reply>((resolve) => this.waiting.set(id, resolve));
    const message = JSON.stringify({ id, method, params });
    await this.post('NodeWorker.sendMessageToWorker', { sessionId: this.sessionId, message });
    const { result, error } = await reply;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /**
   * Stops the worker where it is; the debugger must be enabled.
   * @returns where its wasm frames stand, innermost first
   */
  async pause(): Promise<readonly CodePlace[]> {
    const paused = new Promise<readonly PausedFrame[]>((resolve) => {
      this.onPaused = resolve;
    });
    await this.send('Debugger.pause');
    const frames = await paused;
    return frames.flatMap(({ location: { scriptId, columnNumber: offset = 0 } }) => {
      const url = this.wasmScripts.get(scriptId);
      return url === undefined ? [] : [{ url, offset }];
    });
  }

  /**
   * Lets a paused worker run on. Waits until it does: a pause that is asked for after the command and before
   * that is answered, and forgotten.
   */
  async resume(): Promise<void> {
    const resumed = new Promise<void>((resolve) => {
      this.onResumed = resolve;
    });
    await this.send('Debugger.resume');
    await resumed;
  }

  /**
   * Lets go of the worker, which runs on if it was paused. Only then can it be ended: a thread that V8's
   * debugger holds takes no notice of `terminate`, nor of the end of the process, which waits for it, nor
   * of the end of this session alone (Node 26).
   */
  readonly close = (): void => {
    process.off('exit', this.close);
    if (this.sessionId !== undefined) {
      void this.post('NodeWorker.detach', { sessionId: this.sessionId });
    }
    this.sessionId = undefined;
    this.session.disconnect();
  };

  private async connect(): Promise<void> {
    const { session } = this;
    session.connect();
    process.once('exit', this.close);
    let attached: () => void = () => {};
    const found = new Promise<void>((resolve) => {
      attached = resolve;
    });
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      const { sessionId, workerInfo } = params;
      // its workerId is not the thread's id
      if (workerInfo.title.endsWith(this.name)) {
        this.sessionId = sessionId;
        attached();
      } else void this.post('NodeWorker.detach', { sessionId });
    });
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      if (params.sessionId === this.sessionId) this.receive(JSON.parse(params.message) as Reply);
    });
    await this.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    // threads report themselves some time after
    const enough = new AbortController();
    const late = sleep(ATTACH_MS, undefined, { signal: enough.signal }).catch(() => {});
    await Promise.race([found, late]);
    enough.abort();
  }

  private receive(reply: Reply): void {
    if (reply.id !== undefined) {
      this.waiting.get(reply.id)?.(reply);
      this.waiting.delete(reply.id);
    } else if (reply.method === 'Debugger.paused') {
      const { callFrames } = reply.params as { callFrames: readonly PausedFrame[] };
      this.onPaused?.(callFrames);
    } else if (reply.method === 'Debugger.resumed') {
      this.onResumed?.();
    } else if (reply.method === 'Debugger.scriptParsed') {
      const { scriptId, scriptLanguage, url } = reply.params as Record<string, string>;
      if (scriptId && scriptLanguage === 'WebAssembly') this.wasmScripts.set(scriptId, url ?? '');
    }
  }

  private post(method: string, params: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.session.post(method, params, (error, result) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
  }
}
