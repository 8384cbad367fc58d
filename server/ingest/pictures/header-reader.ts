/**
 * Reads numbers from a picture's header. Throws the error from `onEnd` beyond the end, so that callers need no length
 * checks.
 */
export class HeaderReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #onEnd: () => Error;

  constructor(bytes: Uint8Array, onEnd: () => Error) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#onEnd = onEnd;
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number): number {
    this.need(at, 1);
    return this.#view.getUint8(at);
  }

  u16(at: number, littleEndian = false): number {
    this.need(at, 2);
    return this.#view.getUint16(at, littleEndian);
  }

  u24le(at: number): number {
    return this.u16(at, true) | (this.u8(at + 2) << 16);
  }

  u32(at: number, littleEndian = false): number {
    this.need(at, 4);
    return this.#view.getUint32(at, littleEndian);
  }

  /** Whether the bytes at `at` are these characters, one byte each. */
  has(at: number, text: string): boolean {
    if (at + text.length > this.length) return false;
    for (let i = 0; i < text.length; i++) if (this.bytes[at + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  /** Throws if fewer than `count` bytes follow at `at`. */
  need(at: number, count: number): void {
    if (at < 0 || at + count > this.length) throw this.#onEnd();
  }
}
