import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { type Clock, systemClock } from '../../../../pipeline/index.ts';
import { ForeignError } from './foreign-container.ts';
import type {
  BareFormat,
  ContainerPart,
  ForeignBatch,
  ForeignContainerInfo,
  ForeignReply,
  ForeignRequest,
  ForeignThreadData,
  PictureWish,
} from './foreign-messages.ts';

export interface ForeignReaderOptions {
  /** Time limit for one answer, in ms. The thread is then ended. Default 30 000. */
  readonly limitMs?: number;
  readonly clock?: Clock;
  /** Starts a thread. Default: `foreign-thread.ts`. */
  readonly startThread?: (data: ForeignThreadData) => Worker;
}

/** Reads a recording with FFmpeg in a thread of its own. A file on which it hangs or fails ends the thread alone. */
export interface ForeignReader {
  /**
   * Opens a part of the file.
   *
   * @throws ForeignError if FFmpeg cannot read it, takes too long, or fails. So do the other calls.
   */
  open(part: ContainerPart): Promise<ForeignContainerInfo>;
  /** When the opened part ends, in its own clock. It must be opened again to be read. */
  measure(): Promise<number | null>;
  read(track: number, fromS: number | null, pictures?: PictureWish): Promise<void>;
  next(): Promise<ForeignBatch>;
  /** Ends the thread. */
  close(): void;
}

const MODULE = new URL('../../decoders/ffmpeg/formats.wasm', import.meta.url);
let compiled: Promise<WebAssembly.Module> | null = null;

/** Starts the thread that reads `path`. */
export async function startForeignReader(
  path: string,
  bare: BareFormat | null,
  options: ForeignReaderOptions = {},
): Promise<ForeignReader> {
  const { limitMs = 30_000, clock = systemClock, startThread = startForeignThread } = options;
  compiled ??= readFile(MODULE).then((bytes) => WebAssembly.compile(bytes));
  const worker = startThread({ module: await compiled, path, bare });
  let waiting: { resolve(reply: ForeignReply): void; reject(error: ForeignError): void } | null = null;
  let lost: ForeignError | null = null;
  let cancelLimit = (): void => {};

  function lose(error: ForeignError): void {
    cancelLimit();
    lost ??= error;
    waiting?.reject(lost);
    waiting = null;
    void worker.terminate();
  }

  let cause: unknown;
  worker.on('error', (error) => {
    cause = error;
  });
  worker.on('exit', () => lose(new ForeignError('its thread ended', { cause })));
  worker.on('message', (reply: ForeignReply) => {
    cancelLimit();
    const asked = waiting;
    waiting = null;
    worker.unref();
    if (reply.kind === 'error') asked?.reject(new ForeignError(reply.message));
    else asked?.resolve(reply);
  });

  async function ask<Kind extends ForeignReply['kind']>(
    request: ForeignRequest,
    kind: Kind,
  ): Promise<Extract<ForeignReply, { kind: Kind }>> {
    if (lost !== null) throw lost;
    const reply = await new Promise<ForeignReply>((resolve, reject) => {
      waiting = { resolve, reject };
      const timer = clock.scheduler.schedule(
        () => lose(new ForeignError(`reading the next part took longer than ${limitMs} ms`)),
        limitMs,
      );
      cancelLimit = () => timer.unsubscribe();
      worker.ref();
      worker.postMessage(request);
    });
    if (reply.kind !== kind) throw new TypeError(`the thread answered ${reply.kind} where ${kind} was asked`);
    return reply as Extract<ForeignReply, { kind: Kind }>;
  }

  return {
    open: async (part) => (await ask({ kind: 'open', part }, 'opened')).info,
    async measure() {
      for (let latestS: number | null = null; ; ) {
        const { endS, isOver }: { endS: number | null; isOver: boolean } = await ask({ kind: 'measure' }, 'measured');
        if (endS !== null) latestS = Math.max(latestS ?? endS, endS);
        if (isOver) return latestS;
      }
    },
    async read(track, fromS, pictures) {
      await ask({ kind: 'read', track, fromS, ...(pictures !== undefined && { pictures }) }, 'reading');
    },
    next: () => ask({ kind: 'next' }, 'batch'),
    close: () => lose(new ForeignError('the recording is closed')),
  };
}

function startForeignThread(workerData: ForeignThreadData): Worker {
  return new Worker(new URL('./foreign-thread.ts', import.meta.url), { workerData });
}
