import { type HandshakeMessage, MESSAGE_HEADER_BYTES } from './handshake-message.ts';

/** Largest message that is put together, in bytes: a browser's certificate and hello have some hundred, some 2,000. */
const MAX_MESSAGE_BYTES = 16_384;

interface Partial {
  readonly type: number;
  readonly body: Buffer;
  /** Which of its bytes have come. */
  readonly has: Uint8Array;
  missing: number;
}

/**
 * Puts handshake messages together, in any order of their fragments. Anyone may have sent them: a fragment that
 * contradicts what is known of its message starts that message anew, so that a forged one cannot keep the true one out.
 */
export class MessageAssembly {
  readonly #messages = new Map<number, Partial>();

  /**
   * @param fragments - content of a handshake record.
   * @param isWanted - whether the message of this sequence is waited for; others are not kept.
   * @returns the sequences of the messages that became whole.
   */
  take(fragments: Buffer, isWanted: (sequence: number) => boolean): number[] {
    const whole: number[] = [];
    for (let at = 0; at + MESSAGE_HEADER_BYTES <= fragments.length; ) {
      const end = at + MESSAGE_HEADER_BYTES + fragments.readUIntBE(at + 9, 3);
      if (end > fragments.length) break;
      const sequence = fragments.readUInt16BE(at + 4);
      if (isWanted(sequence) && this.#takeFragment(sequence, fragments.subarray(at, end))) whole.push(sequence);
      at = end;
    }
    return whole;
  }

  /** A message, if it is whole. */
  get(sequence: number): HandshakeMessage | null {
    const message = this.#messages.get(sequence);
    return message?.missing === 0 ? { type: message.type, sequence, body: message.body } : null;
  }

  /** Forgets a message, so that it can come anew. */
  delete(sequence: number): void {
    this.#messages.delete(sequence);
  }

  clear(): void {
    this.#messages.clear();
  }

  #takeFragment(sequence: number, fragment: Buffer): boolean {
    const type = fragment.readUInt8(0);
    const length = fragment.readUIntBE(1, 3);
    const offset = fragment.readUIntBE(6, 3);
    const content = fragment.subarray(MESSAGE_HEADER_BYTES);
    if (length > MAX_MESSAGE_BYTES || offset + content.length > length) return false;
    let message = this.#messages.get(sequence);
    if (message === undefined || message.type !== type || message.body.length !== length) {
      message = { type, body: Buffer.alloc(length), has: new Uint8Array(length), missing: length };
      this.#messages.set(sequence, message);
    } else if (message.missing === 0) {
      return false;
    }
    content.copy(message.body, offset);
    for (let at = offset; at < offset + content.length; at += 1) {
      message.missing -= 1 - message.has[at]!;
      message.has[at] = 1;
    }
    return message.missing === 0;
  }
}
