/** Content types of DTLS records (RFC 6347) and types of handshake messages (RFC 5246). */
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const CERTIFICATE_VERIFY = 15;

const RECORD_HEADER_BYTES = 13;
const MESSAGE_HEADER_BYTES = 12;
/** Largest handshake message that is put together; a browser's certificate and hello have some hundred bytes. */
const MAX_MESSAGE_BYTES = 16_384;
/** Messages that are held because they came early; a client's longest flight has three in the clear. */
const MAX_AHEAD = 4;

interface Message {
  readonly type: number;
  readonly body: Buffer;
  /** Which of its bytes have come. */
  readonly has: Uint8Array;
}

/**
 * Puts the client's part of a DTLS handshake in order before werift sees it: each message whole, once, and in its turn.
 * werift takes messages as they come; one that comes twice or early would change the keys, or start the handshake anew.
 * What it has answered and the client has missed, it sends again by its own timer.
 */
export class HandshakeGate {
  readonly #ahead = new Map<number, Message>();
  /** Sequence number of the message that is due. */
  #next = 0;
  #isPlainOver = false;

  /** What of a datagram may go on, as datagrams. */
  pass(datagram: Buffer): Buffer[] {
    const passed: Buffer[] = [];
    for (let at = 0; at + RECORD_HEADER_BYTES <= datagram.length; ) {
      const end = at + RECORD_HEADER_BYTES + datagram.readUInt16BE(at + 11);
      if (end > datagram.length) break;
      const isPlain = datagram.readUInt16BE(at + 3) === 0;
      if (isPlain && datagram[at] === HANDSHAKE) {
        passed.push(...this.#take(datagram.subarray(at + RECORD_HEADER_BYTES, end)));
      } else if (isPlain || this.#isPlainOver) {
        // An encrypted record before the keys are made is of no use: the client sends it again.
        passed.push(datagram.subarray(at, end));
      }
      at = end;
    }
    return passed;
  }

  #take(fragments: Buffer): Buffer[] {
    const passed: Buffer[] = [];
    for (let at = 0; at + MESSAGE_HEADER_BYTES <= fragments.length; ) {
      const size = fragments.readUIntBE(at + 9, 3);
      const fragment = fragments.subarray(at, at + MESSAGE_HEADER_BYTES + size);
      if (fragment.length < MESSAGE_HEADER_BYTES + size) break;
      passed.push(...this.#takeFragment(fragment));
      at += fragment.length;
    }
    return passed;
  }

  #takeFragment(fragment: Buffer): Buffer[] {
    const type = fragment.readUInt8(0);
    const length = fragment.readUIntBE(1, 3);
    const sequence = fragment.readUInt16BE(4);
    const offset = fragment.readUIntBE(6, 3);
    const content = fragment.subarray(MESSAGE_HEADER_BYTES);
    // The first hello is answered again until the second one has come: nothing else repeats that answer.
    const isRepeatedHello = type === CLIENT_HELLO && sequence === 0 && this.#next === 1;
    const isDue = (sequence >= this.#next && sequence < this.#next + MAX_AHEAD) || isRepeatedHello;
    if (this.#isPlainOver || !isDue || length > MAX_MESSAGE_BYTES || offset + content.length > length) return [];
    const known = this.#ahead.get(sequence);
    const message = known ?? { type, body: Buffer.alloc(length), has: new Uint8Array(length) };
    if (message.type !== type || message.body.length !== length) return [];
    this.#ahead.set(sequence, message);
    content.copy(message.body, offset);
    message.has.fill(1, offset, offset + content.length);
    if (isRepeatedHello) return this.#release(sequence);
    const passed: Buffer[] = [];
    for (let released = this.#release(this.#next); released.length > 0; released = this.#release(this.#next)) {
      passed.push(...released);
      this.#next += 1;
    }
    return passed;
  }

  /** A message that is whole, as one record. */
  #release(sequence: number): Buffer[] {
    const message = this.#ahead.get(sequence);
    if (message?.has.includes(0) !== false) return [];
    this.#ahead.delete(sequence);
    const { type, body } = message;
    if (type === CERTIFICATE_VERIFY) this.#isPlainOver = true;
    const record = Buffer.alloc(RECORD_HEADER_BYTES + MESSAGE_HEADER_BYTES + body.length);
    record.set([HANDSHAKE, 254, 253]);
    record.writeUInt16BE(MESSAGE_HEADER_BYTES + body.length, 11);
    record.writeUInt8(type, RECORD_HEADER_BYTES);
    record.writeUIntBE(body.length, RECORD_HEADER_BYTES + 1, 3);
    record.writeUInt16BE(sequence, RECORD_HEADER_BYTES + 4);
    record.writeUIntBE(body.length, RECORD_HEADER_BYTES + 9, 3);
    body.copy(record, RECORD_HEADER_BYTES + MESSAGE_HEADER_BYTES);
    return [record];
  }
}
