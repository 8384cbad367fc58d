/** The bytes end before the requested data. */
export class CutShortError extends Error {
  override readonly name = 'CutShortError';
}

/** Reads bytes in order. Never reads beyond their end. */
export class TlsReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** @throws CutShortError, like all methods that read. */
  take(length: number): Buffer {
    if (length > this.left) throw new CutShortError('the bytes end too early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** An unsigned integer of 1, 2 or 3 bytes. */
  number(bytes: 1 | 2 | 3): number {
    return this.take(bytes).readUIntBE(0, bytes);
  }

  /** A TLS vector: its length in `lengthBytes` bytes, then its content. */
  vector(lengthBytes: 1 | 2 | 3): Buffer {
    return this.take(this.number(lengthBytes));
  }

  /** A vector of 16-bit numbers. */
  numbers(lengthBytes: 1 | 2): number[] {
    const content = new TlsReader(this.vector(lengthBytes));
    const numbers: number[] = [];
    while (content.left > 0) numbers.push(content.number(2));
    return numbers;
  }
}

/** A TLS vector: its length in `lengthBytes` bytes, then its content. */
export function vectorOf(lengthBytes: 1 | 2 | 3, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(body.length, 0, lengthBytes);
  return Buffer.concat([length, body]);
}

/** 16-bit numbers, one after another. */
export function numbersOf(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * numbers.length);
  for (const [index, value] of numbers.entries()) bytes.writeUInt16BE(value, 2 * index);
  return bytes;
}
