import { createHmac, timingSafeEqual } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { crc32 } from 'node:zlib';

/** A STUN Binding request (RFC 8489), with the attributes that an ICE-lite agent needs (RFC 8445). */
export interface BindingRequest {
  /** 12 bytes, a view of the datagram. */
  readonly transactionId: Buffer;
  /** The addressee: the part of USERNAME before the colon. */
  readonly localUfrag: string;
  /** The peer's own part of USERNAME. */
  readonly remoteUfrag: string;
  /** USE-CANDIDATE: the peer will send media on this path. */
  readonly nominates: boolean;
  /** Whether MESSAGE-INTEGRITY was made with this password. */
  isSignedWith(password: string): boolean;
}

export const HEADER_BYTES = 20;
export const MAGIC_COOKIE = 0x2112a442;
export const BINDING_REQUEST = 0x0001;
export const BINDING_SUCCESS = 0x0101;
const FINGERPRINT_XOR = 0x5354554e;
const HMAC_BYTES = 20;
/** Largest connectivity check that is read, in bytes. A browser's has about 100. */
const MAX_REQUEST_BYTES = 1280;
/** Largest USERNAME, in bytes (RFC 8489, 14.3). */
const MAX_USERNAME_BYTES = 508;

export const USERNAME = 0x0006;
export const MESSAGE_INTEGRITY = 0x0008;
const XOR_MAPPED_ADDRESS = 0x0020;
const USE_CANDIDATE = 0x0025;
const FINGERPRINT = 0x8028;

/** Whether a datagram is STUN, by its first byte (RFC 7983) and its cookie. */
export function isStun(datagram: Buffer): boolean {
  return datagram.length >= HEADER_BYTES && datagram[0]! < 4 && datagram.readUInt32BE(4) === MAGIC_COOKIE;
}

/** Reads a Binding request. Null if the datagram is not one that ICE would send. */
export function parseBindingRequest(datagram: Buffer): BindingRequest | null {
  if (!isStun(datagram) || datagram.readUInt16BE(0) !== BINDING_REQUEST) return null;
  if (datagram.length > MAX_REQUEST_BYTES || datagram.length % 4 !== 0) return null;
  if (datagram.readUInt16BE(2) !== datagram.length - HEADER_BYTES) return null;
  let username: string | null = null;
  let nominates = false;
  let integrityAt = -1;
  for (let at = HEADER_BYTES; at + 4 <= datagram.length; ) {
    const type = datagram.readUInt16BE(at);
    const length = datagram.readUInt16BE(at + 2);
    if (at + 4 + length > datagram.length) return null;
    // MESSAGE-INTEGRITY does not cover the attributes after it. They are ignored.
    if (integrityAt < 0) {
      if (type === USERNAME && length > MAX_USERNAME_BYTES) return null;
      if (type === USERNAME) username ??= datagram.toString('utf8', at + 4, at + 4 + length);
      else if (type === USE_CANDIDATE) nominates = true;
      else if (type === MESSAGE_INTEGRITY && length === HMAC_BYTES) integrityAt = at;
    }
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  const [localUfrag, remoteUfrag] = username?.split(':') ?? [];
  if (localUfrag === undefined || remoteUfrag === undefined || integrityAt < 0) return null;
  return {
    transactionId: datagram.subarray(8, HEADER_BYTES),
    localUfrag,
    remoteUfrag,
    nominates,
    isSignedWith(password) {
      const given = datagram.subarray(integrityAt + 4, integrityAt + 4 + HMAC_BYTES);
      return timingSafeEqual(messageHmac(datagram.subarray(0, integrityAt), password), given);
    },
  };
}

/** The answer to a request. It contains the address from which the request came. */
export function bindingSuccess(
  transactionId: Buffer,
  from: { readonly address: string; readonly port: number },
  password: string,
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(BINDING_SUCCESS, 0);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  transactionId.copy(header, 8);
  const signed = Buffer.concat([header, xorMappedAddress(transactionId, from)]);
  const integrity = attribute(MESSAGE_INTEGRITY, messageHmac(signed, password));
  const message = Buffer.concat([signed, integrity]);
  // The fingerprint covers the header, whose length includes the fingerprint.
  message.writeUInt16BE(message.length - HEADER_BYTES + 8, 2);
  const check = Buffer.alloc(4);
  check.writeUInt32BE((crc32(message) ^ FINGERPRINT_XOR) >>> 0);
  return Buffer.concat([message, attribute(FINGERPRINT, check)]);
}

/** HMAC over `bytes`. The header's length is set as if the message ended with this attribute. */
export function messageHmac(bytes: Buffer, password: string | Buffer): Buffer {
  const header = Buffer.from(bytes.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(bytes.length - HEADER_BYTES + 4 + HMAC_BYTES, 2);
  return createHmac('sha1', password).update(header).update(bytes.subarray(HEADER_BYTES)).digest();
}

/** A type, a length and the value, padded to four bytes. */
export function attribute(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(value.length, 2);
  return Buffer.concat([header, value, Buffer.alloc(-value.length & 3)]);
}

function xorMappedAddress(transactionId: Buffer, from: { readonly address: string; readonly port: number }): Buffer {
  const plain = from.address.replace(/^::ffff:(?=\d+\.)/, '');
  const isV6 = isIPv6(plain);
  const mask = Buffer.alloc(16);
  mask.writeUInt32BE(MAGIC_COOKIE, 0);
  transactionId.copy(mask, 4);
  const address = isV6 ? bytesOfV6(plain) : Buffer.from(plain.split('.').map(Number));
  const value = Buffer.alloc(4 + address.length);
  value[1] = isV6 ? 2 : 1;
  value.writeUInt16BE(from.port ^ (MAGIC_COOKIE >>> 16), 2);
  for (let i = 0; i < address.length; i += 1) value[4 + i] = address[i]! ^ mask[i]!;
  return attribute(XOR_MAPPED_ADDRESS, value);
}

function bytesOfV6(address: string): Buffer {
  const plain = address.split('%', 1)[0]!;
  const withHexTail = plain.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((word) => word.toString(16)).join(':'),
  );
  const [head = '', tail] = withHexTail.split('::') as [string, string?];
  const words = (text: string | undefined) => (text === undefined || text === '' ? [] : text.split(':'));
  const [first, last] = [words(head), words(tail)];
  const zeros = new Array<string>(tail === undefined ? 0 : 8 - first.length - last.length).fill('0');
  const bytes = Buffer.alloc(16);
  for (const [index, word] of [...first, ...zeros, ...last].entries())
    bytes.writeUInt16BE(Number.parseInt(word, 16), 2 * index);
  return bytes;
}
