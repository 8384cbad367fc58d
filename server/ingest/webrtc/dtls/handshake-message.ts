/** Types of handshake messages (RFC 5246, 7.4). */
export const CLIENT_HELLO = 1;
export const SERVER_HELLO = 2;
export const HELLO_VERIFY_REQUEST = 3;
export const CERTIFICATE = 11;
export const SERVER_KEY_EXCHANGE = 12;
export const CERTIFICATE_REQUEST = 13;
export const SERVER_HELLO_DONE = 14;
export const CERTIFICATE_VERIFY = 15;
export const CLIENT_KEY_EXCHANGE = 16;
export const FINISHED = 20;

export const MESSAGE_HEADER_BYTES = 12;

/** A complete handshake message. */
export interface HandshakeMessage {
  readonly type: number;
  /** Position among the sender's handshake messages. */
  readonly sequence: number;
  readonly body: Buffer;
}

/**
 * Writes a message in one fragment. The server sends messages like this, and the transcript holds all messages in this
 * form (RFC 6347, 4.2.6).
 */
export function writeMessage({ type, sequence, body }: HandshakeMessage): Buffer {
  const header = Buffer.alloc(MESSAGE_HEADER_BYTES);
  header.writeUInt8(type, 0);
  header.writeUIntBE(body.length, 1, 3);
  header.writeUInt16BE(sequence, 4);
  header.writeUIntBE(body.length, 9, 3);
  return Buffer.concat([header, body]);
}
