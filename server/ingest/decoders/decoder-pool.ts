import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type Clock, systemClock } from '../../../pipeline/index.ts';
import type { DecoderReply, DecoderRequest, DecoderThreadData } from './decoder-messages.ts';
import {
  type CodedPacket,
  type DecodedFrame,
  DecoderError,
  type DecoderSetup,
  type MediaDecoder,
} from './media-decoder.ts';

export interface DecoderPoolOptions {
  /** Maximum number of threads. A thread starts when a stream needs it. Default: one per core, 2 to 8. */
  readonly maxThreads?: number;
  /** Streams that may be open at once. Further ones are refused. Default 512. */
  readonly maxDecoders?: number;
  /** Memory of all decoders, in bytes. From this on, further streams are refused. Default 2 GiB. */
  readonly maxMemoryBytes?: number;
  /** Time limit for one packet, in ms. Its thread is then ended. Default 5000. */
  readonly limitMs?: number;
  readonly clock?: Clock;
  /** Starts a thread. Default: `decoder-thread.ts`. */
  readonly startThread?: (data: DecoderThreadData) => Worker;
}

export interface DecoderPoolStats {
  /** Open streams. */
  readonly decoders: number;
  /** Memory that the streams use, in bytes. */
  readonly memoryBytes: number;
  readonly threads: number;
  /** Threads that ended because a packet took too long or because they failed. */
  readonly lostThreads: number;
}

/** Decodes many streams on a few threads. */
export interface DecoderPool {
  /** @throws DecoderError `overloaded`; `unreadable` when the stream's configuration is refused. */
  open(setup: DecoderSetup): Promise<MediaDecoder>;
  stats(): DecoderPoolStats;
  /** Ends the threads. Open streams decode nothing more. */
  close(): Promise<void>;
}

const MODULE = new URL('./ffmpeg/decoders.wasm', import.meta.url);

interface Waiting {
  readonly decoder: number;
  resolve(frames: readonly DecodedFrame[]): void;
  reject(error: DecoderError): void;
}

/** A thread and its pending requests, oldest first. */
interface Thread {
  readonly worker: Worker;
  readonly waiting: Waiting[];
  /** Memory in bytes by decoder. The keys are the thread's decoders. */
  readonly memoryBytes: Map<number, number>;
  cancelLimit: () => void;
  /** Whether the thread has started. Its start does not count against the first packet's time limit. */
  isOnline: boolean;
  isLost: boolean;
}

/**
 * Opens a pool of decoder threads. The first stream starts the first thread. An idle thread does not keep the process
 * alive. Each stream has its own decoder instance, so a broken stream affects only itself. If a packet takes longer
 * than the limit, its stream is given up and its thread is ended. The other streams of that thread continue on another
 * thread from their next key frame.
 */
export function openDecoderPool(options: DecoderPoolOptions = {}): DecoderPool {
  const { maxThreads = Math.min(8, Math.max(2, availableParallelism())), maxDecoders = 512 } = options;
  const { maxMemoryBytes = 2 * 1024 ** 3, limitMs = 5000, clock = systemClock } = options;
  const startThread = options.startThread ?? startDecoderThread;
  const threads = new Set<Thread>();
  let module: Promise<WebAssembly.Module> | null = null;
  let nextId = 0;
  let openCount = 0;
  let lostThreads = 0;
  let isClosed = false;

  const memoryBytes = (): number => {
    let sum = 0;
    for (const thread of threads) for (const bytes of thread.memoryBytes.values()) sum += bytes;
    return sum;
  };

  function lose(thread: Thread, fate: (index: number) => DecoderError): void {
    if (thread.isLost) return;
    thread.isLost = true;
    thread.cancelLimit();
    threads.delete(thread);
    if (!isClosed) lostThreads += 1;
    for (const [index, each] of thread.waiting.splice(0).entries()) each.reject(fate(index));
    void thread.worker.terminate();
  }

  /** The oldest request's time limit starts when the request before it was answered. */
  function watch(thread: Thread): void {
    thread.cancelLimit();
    if (thread.waiting.length === 0) {
      thread.worker.unref();
      return;
    }
    if (!thread.isOnline) return;
    const timer = clock.scheduler.schedule(
      () =>
        lose(thread, (index) =>
          index === 0
            ? new DecoderError('hung', `a packet took longer than ${limitMs} ms to decode`)
            : new DecoderError('stopped', 'the thread of the decoder ended'),
        ),
      limitMs,
    );
    thread.cancelLimit = () => timer.unsubscribe();
  }

  function launch(compiled: WebAssembly.Module): Thread {
    const worker = startThread({ module: compiled });
    const thread: Thread = {
      worker,
      waiting: [],
      memoryBytes: new Map(),
      cancelLimit: () => {},
      isOnline: false,
      isLost: false,
    };
    let cause: unknown;
    worker.once('online', () => {
      thread.isOnline = true;
      watch(thread);
    });
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () =>
      lose(thread, () => new DecoderError('stopped', 'the thread of the decoder ended', { cause })),
    );
    worker.on('message', (reply: DecoderReply) => {
      const asked = thread.waiting.shift();
      watch(thread);
      if (asked === undefined) return;
      if (reply.kind === 'error') {
        asked.reject(new DecoderError(reply.code, reply.message));
        return;
      }
      if (thread.memoryBytes.has(asked.decoder)) thread.memoryBytes.set(asked.decoder, reply.memoryBytes);
      asked.resolve(reply.frames);
    });
    threads.add(thread);
    return thread;
  }

  /** Returns the thread with the fewest streams. If all have some, starts a new one up to the maximum. */
  async function place(): Promise<Thread> {
    module ??= readFile(MODULE).then((bytes) => WebAssembly.compile(bytes));
    const compiled = await module;
    const [first] = [...threads].sort((a, b) => a.memoryBytes.size - b.memoryBytes.size);
    return first !== undefined && (first.memoryBytes.size === 0 || threads.size >= maxThreads)
      ? first
      : launch(compiled);
  }

  function ask(thread: Thread, request: DecoderRequest, transfer: readonly ArrayBuffer[]): Promise<DecodedFrame[]> {
    if (thread.isLost) return Promise.reject(new DecoderError('stopped', 'the thread of the decoder ended'));
    return new Promise((resolve, reject) => {
      thread.waiting.push({ decoder: request.decoder, resolve: (frames) => resolve([...frames]), reject });
      thread.worker.postMessage(request, transfer);
      if (thread.waiting.length === 1) {
        thread.worker.ref();
        watch(thread);
      }
    });
  }

  async function open(setup: DecoderSetup): Promise<MediaDecoder> {
    if (openCount >= maxDecoders || memoryBytes() >= maxMemoryBytes) {
      throw new DecoderError('overloaded', 'too many streams are being decoded; try again later');
    }
    const id = nextId;
    nextId += 1;
    openCount += 1;
    let state: 'open' | 'hung' | 'closed' = 'open';
    let thread: Thread | null = null;

    const settle = async (): Promise<Thread> => {
      if (isClosed) throw new DecoderError('stopped', 'the decoders are closed');
      if (thread !== null && !thread.isLost) return thread;
      const placed = await place();
      if (state === 'closed') throw new DecoderError('stopped', 'the decoder is closed');
      placed.memoryBytes.set(id, 0);
      thread = placed;
      await ask(placed, { kind: 'open', decoder: id, setup }, []);
      return placed;
    };

    const request = async (body: DecoderRequest, transfer: readonly ArrayBuffer[]): Promise<DecodedFrame[]> => {
      if (state === 'closed') return [];
      if (state === 'hung') throw new DecoderError('hung', 'decoding the stream took too long, so it was stopped');
      try {
        return await ask(await settle(), body, transfer);
      } catch (error) {
        if ((state as string) === 'closed') return [];
        if (error instanceof DecoderError && error.code === 'hung') state = 'hung';
        throw error;
      }
    };

    const close = (): void => {
      if (state === 'closed') return;
      state = 'closed';
      openCount -= 1;
      if (thread === null) return;
      thread.memoryBytes.delete(id);
      if (!thread.isLost) thread.worker.postMessage({ kind: 'close', decoder: id } satisfies DecoderRequest);
    };

    try {
      await settle();
    } catch (error) {
      close();
      throw error;
    }
    return {
      decode({ data, ticket, picture }: CodedPacket) {
        // Copy, because the caller's bytes may be part of a much larger buffer, which would be sent as a whole.
        const copy = new Uint8Array(data);
        const packet: CodedPacket = { data: copy, ticket, ...(picture !== undefined && { picture }) };
        return request({ kind: 'decode', decoder: id, packet }, [copy.buffer]);
      },
      flush: () => request({ kind: 'flush', decoder: id }, []),
      close,
    };
  }

  return {
    open,
    stats: () => ({ decoders: openCount, memoryBytes: memoryBytes(), threads: threads.size, lostThreads }),
    async close() {
      isClosed = true;
      const ended = [...threads].map(({ worker }) => worker.terminate());
      for (const thread of [...threads]) lose(thread, () => new DecoderError('stopped', 'the decoders are closed'));
      await Promise.all(ended);
    },
  };
}

function startDecoderThread(workerData: DecoderThreadData): Worker {
  return new Worker(new URL('./decoder-thread.ts', import.meta.url), { workerData });
}

/** The pool that the process shares. */
export const mediaDecoders: DecoderPool = openDecoderPool();
