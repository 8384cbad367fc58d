import { Worker } from 'node:worker_threads';
import type { RgbImage, StillImage } from '../../../pipeline/index.ts';
import { PictureError } from './picture-error.ts';
import type { PictureReply, PictureRequest } from './picture-thread-messages.ts';

/**
 * Memory of a thread's own objects, in MiB. Pictures and the decoders' memory are separate and have their own limits.
 */
const MAX_HEAP_MIB = 128;

/** Starts the thread of a {@link PictureWorker}. */
export function startPictureThread(): Worker {
  return new Worker(new URL('./picture-thread.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
  });
}

/** One thread that decodes one picture at a time and can be ended in the middle of it. */
export class PictureWorker {
  readonly #thread: Worker;
  readonly #ready = Promise.withResolvers<void>();
  #current: { resolve(image: RgbImage): void; reject(error: PictureError): void } | null = null;
  #broken: PictureError | null = null;

  constructor(start: () => Worker) {
    this.#thread = start();
    // An idle thread does not keep the process alive.
    this.#thread.unref();
    this.#ready.promise.catch(() => {});
    this.#thread.on('message', (reply: PictureReply) => this.#onReply(reply));
    this.#thread.on('error', (cause) => this.#break(new PictureError('crashed', 'a picture thread failed', { cause })));
    this.#thread.on('exit', () => this.#break(new PictureError('crashed', 'a picture thread ended')));
  }

  /** Settles when the thread can decode. Rejects with a PictureError `crashed` if it never will. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Whether the thread has ended, or is about to. */
  get isBroken(): boolean {
    return this.#broken !== null;
  }

  /** Call it only after the previous call has settled. Rejects with a PictureError. */
  decode(image: StillImage): Promise<RgbImage> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== null) {
        reject(this.#broken);
        return;
      }
      this.#current = { resolve, reject };
      this.#thread.ref();
      // Copy, because the picture may belong to a second utterance too. `slice` of a Buffer would be a view of shared
      // memory.
      const bytes = new Uint8Array(image.bytes);
      const request: PictureRequest = { ...image, bytes };
      this.#thread.postMessage(request, [bytes.buffer]);
    });
  }

  /** Ends the thread even while it decodes. The picture being decoded is rejected with `error`. */
  end(error: PictureError): Promise<unknown> {
    this.#break(error);
    return this.#thread.terminate();
  }

  #onReply(reply: PictureReply): void {
    if (reply.kind === 'ready') {
      this.#ready.resolve();
      return;
    }
    const current = this.#current;
    this.#current = null;
    this.#thread.unref();
    if (reply.kind === 'decoded') current?.resolve(reply.image);
    else current?.reject(new PictureError(reply.code, reply.message));
  }

  #break(error: PictureError): void {
    if (this.#broken !== null) return;
    this.#broken = error;
    this.#ready.reject(error);
    this.#current?.reject(error);
    this.#current = null;
  }
}
