import { type HandshakeMessage, MESSAGE_HEADER_BYTES } from './handshake-message.ts';

/** Largest message that is assembled, in bytes. A browser's certificate has a few hundred, its hello about 2,000. */
const MAX_MESSAGE_BYTES = 16_384;

interface Partial {
  readonly type: number;
  readonly body: Buffer;
  /** Which of its bytes have arrived. */
  readonly has: Uint8Array;
  missing: number;
}

/**
 * Assembles handshake messages from fragments in any order. The fragments may be forged. If a fragment contradicts the
 * earlier ones, its message starts over, so a forged fragment cannot block the genuine message.
 */
export class MessageAssembly {
  readonly #messages = new Map<number, Partial>();

  /**
   * @param fragments - content of a handshake record.
   * @param isWanted - whether the message with this sequence number is expected. Others are not kept.
   * @returns the sequence numbers of the messages that are now complete.
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

  /** A message. Null while it is incomplete. */
  get(sequence: number): HandshakeMessage | null {
    const message = this.#messages.get(sequence);
    return message?.missing === 0 ? { type: message.type, sequence, body: message.body } : null;
  }

  /** Forgets a message, so that it can be received again. */
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
