import type { DecodeImage, RgbImage } from '../../pipeline/index.ts';
import { PictureError } from '../ingest/pictures/picture-error.ts';
import { DescribedError } from '../observability/described-error.ts';
import type { Outbox } from './outbox.ts';
import type { CrossedPictureError } from './shard-messages.ts';

interface Waiting {
  resolve(image: RgbImage): void;
  reject(error: Error): void;
}

/** Pictures that the main thread has decoded for an analysis thread: all threads share the picture threads. */
export class BorrowedPictures {
  readonly #outbox: Outbox;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Decodes for one session. Rejects with a PictureError. */
  openSession(session: number): DecodeImage {
    return (image, signal) => {
      this.#lastId += 1;
      const id = this.#lastId;
      // A message of a view would carry the whole buffer behind it. The bytes stay here, for a second utterance.
      this.#outbox.add({ session, kind: 'decode', id, image: { ...image, bytes: image.bytes.slice() } });
      const abandon = (): void => this.#outbox.add({ session, kind: 'abandon', id });
      signal?.addEventListener('abort', abandon, { once: true });
      return new Promise<RgbImage>((resolve, reject) => this.#waiting.set(id, { resolve, reject })).finally(() =>
        signal?.removeEventListener('abort', abandon),
      );
    };
  }

  decoded(id: number, image: RgbImage): void {
    this.#waiting.get(id)?.resolve(image);
    this.#waiting.delete(id);
  }

  failed(id: number, { code, message, cause }: CrossedPictureError): void {
    const options = cause === null ? undefined : { cause: new DescribedError(cause) };
    this.#waiting
      .get(id)
      ?.reject(code === null ? new Error(message, options) : new PictureError(code, message, options));
    this.#waiting.delete(id);
  }
}
