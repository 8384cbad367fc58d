import { readFileSync } from 'node:fs';
import { PictureError } from './picture-error.ts';

/** What the modules of `codecs/` export. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  malloc(size: number): number;
  decode(...args: number[]): number;
}

export interface DecoderMemory {
  /** Copies bytes in. Returns their address. */
  put(bytes: Uint8Array): number;
  /** Allocates zeroed memory. Returns its address. */
  reserve(size: number): number;
  /** The module's `decode`. */
  decode(...args: number[]): number;
  /** Copies bytes out. */
  take(at: number, size: number): Uint8Array<ArrayBuffer>;
}

/** Most memory that a decoder keeps between two pictures, in bytes. A picture of 640 × 480 takes half of it. */
const KEPT_BYTES = 4 * 1024 * 1024;

/**
 * A decoder written in C, compiled to WebAssembly. Its memory is separate and bounded, and it can be stopped at any
 * point. Nothing of a picture remains for the next one: the memory is reset after each picture. After an error, the
 * instance is discarded.
 */
export class WasmDecoder {
  readonly #encoding: string;
  readonly #module: WebAssembly.Module;
  #instance: { readonly exports: Exports; readonly pristine: Uint8Array } | null = null;

  constructor(encoding: 'jpeg' | 'webp') {
    this.#encoding = encoding;
    this.#module = new WebAssembly.Module(readFileSync(new URL(`./codecs/${encoding}.wasm`, import.meta.url)));
  }

  /** @throws PictureError `unreadable` if the module fails in any way. */
  run<T>(use: (memory: DecoderMemory) => T): T {
    const { exports, pristine } = this.#instance ?? this.#instantiate();
    const { memory, decode } = exports;
    const room = (size: number): number => {
      const at = exports.malloc(size);
      if (at === 0) throw new RangeError('the decoder has no memory left');
      return at;
    };
    this.#instance = null;
    try {
      const result = use({
        put(bytes) {
          const at = room(bytes.length);
          new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
          return at;
        },
        reserve: room,
        decode,
        take: (at, size) => new Uint8Array(memory.buffer, at, size).slice(),
      });
      if (memory.buffer.byteLength <= KEPT_BYTES) {
        const all = new Uint8Array(memory.buffer);
        all.set(pristine);
        all.fill(0, pristine.length);
        this.#instance = { exports, pristine };
      }
      return result;
    } catch (cause) {
      if (cause instanceof PictureError) throw cause;
      throw PictureError.unreadable(this.#encoding, 'it is damaged', cause);
    }
  }

  #instantiate(): { exports: Exports; pristine: Uint8Array } {
    const host = {
      refuse(code: number): never {
        throw new Error(`the decoder failed with code ${code}`);
      },
    };
    const exports = new WebAssembly.Instance(this.#module, { host }).exports as unknown as Exports;
    return { exports, pristine: new Uint8Array(exports.memory.buffer.slice(0)) };
  }
}
