import { createHash, randomBytes } from 'node:crypto';
import {
  attribute,
  BINDING_REQUEST,
  HEADER_BYTES,
  isStun,
  MAGIC_COOKIE,
  MESSAGE_INTEGRITY,
  messageHmac,
  USERNAME,
} from '../../../ingest/webrtc/ice/stun-message.ts';

/** Methods of STUN (RFC 8489) and TURN (RFC 8656), as requests. */
export const METHODS = { binding: BINDING_REQUEST, allocate: 0x0003, refresh: 0x0004 } as const;

const SUCCESS = 0x0100;
const ERROR = 0x0110;
const ERROR_CODE = 0x0009;
const LIFETIME = 0x000d;
const REALM = 0x0014;
const NONCE = 0x0015;
const REQUESTED_TRANSPORT = 0x0019;
const UDP = 17;
const MAX_RESPONSE_BYTES = 4096;

/** Long-term credentials with the realm and nonce of the server. */
export interface LongTermKey {
  readonly username: string;
  readonly credential: string;
  readonly realm: string;
  readonly nonce: string;
}

export interface TurnRequest {
  readonly bytes: Buffer;
  readonly transactionId: Buffer;
}

export interface TurnResponse {
  readonly isSuccess: boolean;
  /** An error code such as 401. Null on success. */
  readonly errorCode: number | null;
  readonly realm: string;
  readonly nonce: string;
}

/** Builds a request. Allocate asks for a UDP relay. Refresh releases it. */
export function turnRequest(method: keyof typeof METHODS, key: LongTermKey | null = null): TurnRequest {
  const transactionId = randomBytes(12);
  const attributes: Buffer[] = [];
  if (method === 'allocate') attributes.push(attribute(REQUESTED_TRANSPORT, Buffer.from([UDP, 0, 0, 0])));
  if (method === 'refresh') attributes.push(attribute(LIFETIME, Buffer.alloc(4)));
  if (key !== null) {
    attributes.push(attribute(USERNAME, Buffer.from(key.username)));
    attributes.push(attribute(REALM, Buffer.from(key.realm)), attribute(NONCE, Buffer.from(key.nonce)));
  }
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(METHODS[method], 0);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  transactionId.copy(header, 8);
  let bytes = Buffer.concat([header, ...attributes]);
  if (key !== null) bytes = Buffer.concat([bytes, attribute(MESSAGE_INTEGRITY, messageHmac(bytes, longTermKey(key)))]);
  bytes.writeUInt16BE(bytes.length - HEADER_BYTES, 2);
  return { bytes, transactionId };
}

/**
 * Reads the response to a request. Null while the bytes hold no whole response. On a stream, further bytes may follow
 * it.
 */
export function parseTurnResponse(bytes: Buffer, { transactionId, bytes: request }: TurnRequest): TurnResponse | null {
  if (!isStun(bytes) || !bytes.subarray(8, HEADER_BYTES).equals(transactionId)) return null;
  const end = HEADER_BYTES + bytes.readUInt16BE(2);
  if (end > bytes.length || end > MAX_RESPONSE_BYTES) return null;
  const type = bytes.readUInt16BE(0);
  const method = request.readUInt16BE(0);
  if (type !== (method | SUCCESS) && type !== (method | ERROR)) return null;
  const found = { errorCode: null as number | null, realm: '', nonce: '' };
  for (let at = HEADER_BYTES; at + 4 <= end; ) {
    const length = bytes.readUInt16BE(at + 2);
    const value = bytes.subarray(at + 4, Math.min(at + 4 + length, end));
    const attributeType = bytes.readUInt16BE(at);
    if (attributeType === ERROR_CODE && value.length >= 4) found.errorCode = (value[2]! & 7) * 100 + value[3]!;
    else if (attributeType === REALM) found.realm = value.toString('utf8');
    else if (attributeType === NONCE) found.nonce = value.toString('latin1');
    at += 4 + length + (-length & 3);
  }
  return { isSuccess: type === (method | SUCCESS), ...found };
}

/** The key with which both sides compute the message integrity (RFC 8489, 9.2.2). */
export function longTermKey({ username, realm, credential }: Omit<LongTermKey, 'nonce'>): Buffer {
  return createHash('md5').update(`${username}:${realm}:${credential}`).digest();
}
