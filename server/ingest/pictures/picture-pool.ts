import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { FairQueue } from '../../../models/index.ts';
import type { Clock, DecodeImage, RgbImage, StillImage } from '../../../pipeline/index.ts';
import { MIB } from '../../byte-units.ts';
import { MAX_DECODED_SIDE_PX } from './fit-picture.ts';
import { inspectPicture } from './inspect-picture.ts';
import { PictureError, type PictureErrorCode } from './picture-error.ts';
import { assertRaw } from './picture-header.ts';
import { PictureWorker, startPictureThread } from './picture-worker.ts';

export interface PicturePoolOptions {
  readonly clock: Clock;
  /** Time limit for decoding one picture, in ms. Its thread is ended then. */
  readonly timeoutMs: number;
  /** Called with the reason when a picture was not decoded. */
  readonly onDrop?: (code: PictureErrorCode) => void;
  /** Called with the cause when a thread failed. */
  readonly onCrash?: (error: PictureError) => void;
  /** Maximum number of threads. At least 2, so that no session can hold all. Default: a quarter of the cores. */
  readonly maxThreads?: number;
  /** Bytes of pictures that may wait per session. Default 16 MiB. */
  readonly maxSessionBytes?: number;
  /** Bytes that may wait in total. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Starts a thread. Default: `picture-thread.ts`. */
  readonly startThread?: () => Worker;
}

/** A picture with more pixels counts as large. Full HD does not. */
const LARGE_PIXELS = 2 * 1024 * 1024;
/** Cost of a waiting picture besides its bytes, so that a flood of tiny pictures is bounded too. */
const OVERHEAD_BYTES = 1024;
const FIRST_RESTART_DELAY_MS = 100;
const MAX_RESTART_DELAY_MS = 10_000;

/** One session's pictures. */
interface Flow {
  readonly name: string;
  /** Pictures that are being decoded. */
  running: number;
}

interface WaitingPicture {
  readonly flow: Flow;
  readonly isLarge: boolean;
  readonly image: StillImage;
  readonly signal: AbortSignal | undefined;
  resolve(image: RgbImage): void;
  reject(error: unknown): void;
}

/**
 * Threads that decode pictures outside the event loop. A picture that takes too long ends its thread, and a new thread
 * replaces it. Each session gets the same share of the threads' time, whatever the others send. A session may hold
 * at most half of the threads at once. All large pictures together may hold at most half too.
 */
export class PicturePool {
  readonly #options: PicturePoolOptions;
  readonly #maxThreads: number;
  readonly #queue: FairQueue<WaitingPicture>;
  readonly #workers = new Set<PictureWorker>();
  readonly #idle: PictureWorker[] = [];
  #largeRunning = 0;
  #crashesInARow = 0;
  #restartAtMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: PicturePoolOptions) {
    const { maxThreads = Math.floor(availableParallelism() / 4), maxSessionBytes, maxBytes } = options;
    this.#options = options;
    this.#maxThreads = Math.max(2, maxThreads);
    this.#queue = new FairQueue({ maxSize: maxBytes ?? 64 * MIB, maxFlowSize: maxSessionBytes ?? 16 * MIB });
  }

  /** Pictures that are waiting for a thread. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Threads that are decoding, idle or starting. */
  get threads(): number {
    return this.#workers.size;
  }

  /** Opens a decoder for one session. It rejects with a PictureError. */
  openSession(sessionId: string): DecodeImage {
    const flow: Flow = { name: sessionId, running: 0 };
    return async (image, signal) => {
      try {
        if (image.encoding === 'rgb24') assertRaw(image);
        return isDecoded(image) ? image : await this.#wait(flow, image, signal);
      } catch (error) {
        if (error instanceof PictureError) this.#options.onDrop?.(error.code);
        throw error;
      }
    };
  }

  /** Ends all threads at once. Pending pictures are rejected with `closed`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#rejectWaiting(closed());
    await Promise.all([...this.#workers].map((worker) => worker.end(closed())));
  }

  #wait(flow: Flow, image: StillImage, signal: AbortSignal | undefined): Promise<RgbImage> {
    if (this.#isClosed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      const { widthPx, heightPx } = image.encoding === 'rgb24' ? image : inspectPicture(image.encoding, image.bytes);
      const isLarge = widthPx * heightPx > LARGE_PIXELS;
      const picture: WaitingPicture = { flow, isLarge, image, signal, resolve, reject };
      for (const { item } of this.#queue.push(flow.name, picture, 1, image.bytes.byteLength + OVERHEAD_BYTES)) {
        item.reject(new PictureError('overloaded', 'too many pictures wait to be decoded'));
      }
      this.#dispatch();
    });
  }

  /** Gives waiting pictures to idle threads, and starts another thread if there are too few. */
  #dispatch(): void {
    while (this.#idle.length > 0) {
      const picture = this.#next();
      if (picture === null) break;
      void this.#decode(this.#idle.pop()!, picture);
    }
    if (this.#queue.length > 0 && this.#workers.size < this.#maxThreads) this.#start();
  }

  #next(): WaitingPicture | null {
    const half = Math.floor(this.#maxThreads / 2);
    for (;;) {
      const picture = this.#queue.take(
        ({ flow, isLarge }) => flow.running < half && !(isLarge && this.#largeRunning >= half),
      );
      if (picture === undefined) return null;
      if (picture.signal?.aborted !== true) return picture;
      picture.reject(new PictureError('abandoned', 'the picture is no longer needed'));
    }
  }

  #start(): void {
    const { clock, startThread = startPictureThread } = this.#options;
    if (clock.now() < this.#restartAtMs) {
      if (this.#workers.size === 0)
        this.#rejectWaiting(new PictureError('crashed', 'the picture threads are restarting'));
      return;
    }
    const worker = new PictureWorker(startThread);
    this.#workers.add(worker);
    worker.ready.then(
      () => this.#free(worker),
      (error: PictureError) => {
        this.#crashed(worker, error);
        if (this.#workers.size === 0) this.#rejectWaiting(error);
      },
    );
  }

  async #decode(worker: PictureWorker, picture: WaitingPicture): Promise<void> {
    const { flow, isLarge, image, resolve, reject } = picture;
    const { clock, timeoutMs } = this.#options;
    const sinceMs = clock.now();
    const limit = clock.scheduler.schedule(() => {
      void worker.end(new PictureError('timeout', `decoding a picture took longer than ${timeoutMs} ms`));
    }, timeoutMs);
    flow.running += 1;
    if (isLarge) this.#largeRunning += 1;
    try {
      resolve(await worker.decode(image));
      this.#crashesInARow = 0;
    } catch (error) {
      reject(error);
      if (error instanceof PictureError && error.code === 'crashed') this.#crashed(worker, error);
    }
    limit.unsubscribe();
    flow.running -= 1;
    if (isLarge) this.#largeRunning -= 1;
    this.#queue.charge(flow.name, Math.max(0, clock.now() - sinceMs));
    this.#free(worker);
  }

  #free(worker: PictureWorker): void {
    if (worker.isBroken) this.#workers.delete(worker);
    else this.#idle.push(worker);
    if (!this.#isClosed) this.#dispatch();
  }

  #crashed(worker: PictureWorker, error: PictureError): void {
    this.#workers.delete(worker);
    if (this.#isClosed) return;
    const delayMs = Math.min(MAX_RESTART_DELAY_MS, FIRST_RESTART_DELAY_MS * 2 ** this.#crashesInARow);
    this.#crashesInARow += 1;
    this.#restartAtMs = this.#options.clock.now() + delayMs;
    this.#options.onCrash?.(error);
  }

  #rejectWaiting(error: PictureError): void {
    for (const { reject } of this.#queue.clear()) reject(error);
  }
}

/** Whether the picture is raw and small enough to need no work. */
function isDecoded(image: StillImage): image is Extract<StillImage, { encoding: 'rgb24' }> {
  return image.encoding === 'rgb24' && Math.max(image.widthPx, image.heightPx) <= MAX_DECODED_SIDE_PX;
}

function closed(): PictureError {
  return new PictureError('closed', 'the server shuts down');
}
