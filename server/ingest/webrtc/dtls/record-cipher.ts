import { createCipheriv, createDecipheriv } from 'node:crypto';
import { DTLS_1_2, type DtlsRecord, writeRecord } from './dtls-record.ts';

const CIPHER = 'aes-128-gcm';
const EXPLICIT_NONCE_BYTES = 8;
const TAG_BYTES = 16;

/** Keys that encrypt one direction. */
export interface DirectionKeys {
  /** 16 bytes. */
  readonly key: Buffer;
  /** 4 bytes: the part of the nonce that is not transmitted. */
  readonly salt: Buffer;
}

/** Encrypts a record with AES-128-GCM (RFC 5288). Epoch and sequence form the nonce: never use a pair twice. */
export function sealRecord(keys: DirectionKeys, type: number, epoch: number, sequence: number, plain: Buffer): Buffer {
  const nonce = Buffer.alloc(EXPLICIT_NONCE_BYTES);
  nonce.writeUInt16BE(epoch, 0);
  nonce.writeUIntBE(sequence, 2, 6);
  const cipher = createCipheriv(CIPHER, keys.key, Buffer.concat([keys.salt, nonce]), { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(type, epoch, sequence, DTLS_1_2, plain.length));
  const body = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return writeRecord(type, epoch, sequence, body);
}

/** Decrypts a record. Null if it was not encrypted with these keys. */
export function openRecord({ key, salt }: DirectionKeys, record: DtlsRecord): Buffer | null {
  const { type, epoch, sequence, version, fragment } = record;
  const length = fragment.length - EXPLICIT_NONCE_BYTES - TAG_BYTES;
  if (length < 0 || version !== DTLS_1_2) return null;
  const nonce = Buffer.concat([salt, fragment.subarray(0, EXPLICIT_NONCE_BYTES)]);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData(type, epoch, sequence, version, length));
  decipher.setAuthTag(fragment.subarray(fragment.length - TAG_BYTES));
  const plain = decipher.update(fragment.subarray(EXPLICIT_NONCE_BYTES, EXPLICIT_NONCE_BYTES + length));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return plain;
}

function additionalData(type: number, epoch: number, sequence: number, version: number, length: number): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt16BE(epoch, 0);
  data.writeUIntBE(sequence, 2, 6);
  data.writeUInt8(type, 8);
  data.writeUInt16BE(version, 9);
  data.writeUInt16BE(length, 11);
  return data;
}
