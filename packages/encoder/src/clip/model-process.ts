import { fork } from 'node:child_process';
import { Unavailable } from '../unavailable.ts';
import type { Device, LoadMessage, Reply, Request } from './clip-messages.ts';

/** The model process ended during a request: it crashed or was killed. Try again. */
const processDied = (message: string) => new Unavailable('model', message);

/** A loaded model in a separate process. */
export interface ModelProcess {
  device: Device;
  pid: number;
  /** Why earlier devices failed; empty when the first one worked. */
  reason: string;
  /** One request at a time; the caller queues them. @throws Unavailable */
  ask(request: Exclude<Request, LoadMessage>): Promise<{ vectors: Float32Array; rss: number }>;
  /** False once it has ended for any reason. */
  isAlive(): boolean;
  stop(): Promise<void>;
}

/**
 * Starts the process and loads the model. It is a process because ending a thread during a run of onnxruntime aborts
 * the whole program (docs/decisions/0009-inference-in-a-child-process.md).
 */
export async function startModelProcess(load: LoadMessage): Promise<ModelProcess> {
  const child = fork(new URL('./clip-process.ts', import.meta.url), {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk).slice(-2000);
  });

  let asked: PromiseWithResolvers<Reply> | undefined;
  const exited = new Promise<void>((resolve) => {
    const died = (how: string) => {
      asked?.reject(
        processDied(`The model process ended (${how}): ${complaints.trim() || 'no output on stderr'}`),
      );
      resolve();
    };
    child.once('exit', (code, signal) => died(signal ?? `exit ${code}`));
    child.once('error', (error) => died(error.message));
  });
  child.on('message', (reply: Reply) => asked?.resolve(reply));

  async function send(request: Request): Promise<Reply> {
    asked = Promise.withResolvers<Reply>();
    // A pending request keeps this program alive; an idle model does not.
    child.channel?.ref();
    try {
      child.send(request, (error) => error && asked?.reject(processDied(error.message)));
      const reply = await asked.promise;
      if (reply.kind === 'failed') throw new Error(reply.message);
      return reply;
    } finally {
      asked = undefined;
      child.channel?.unref();
    }
  }

  async function stop() {
    // It has nothing to save, and it ignores every other signal during a run.
    child.ref();
    child.kill('SIGKILL');
    await exited;
  }

  child.unref();
  try {
    const reply = await send(load);
    if (reply.kind !== 'loaded') throw new Error(`The model process answered ${reply.kind} to load`);
    return {
      device: reply.device,
      pid: child.pid as number,
      reason: reply.reason,
      async ask(request) {
        const answer = await send(request);
        if (answer.kind !== 'vectors') throw new Error(`The model process answered ${answer.kind}`);
        return answer;
      },
      isAlive: () => child.connected,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
