/** Content types of records (RFC 6347, 4.1). */
export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;

export const RECORD_HEADER_BYTES = 13;
/** DTLS 1.2, as in records and messages. */
export const DTLS_1_2 = 0xfefd;
export const DTLS_1_0 = 0xfeff;

export interface DtlsRecord {
  readonly type: number;
  readonly epoch: number;
  /** 48 bits, unique per epoch. */
  readonly sequence: number;
  readonly version: number;
  /** Encrypted from epoch 1 on. A view of the datagram. */
  readonly fragment: Buffer;
}

/** The records of a datagram, up to the first that is cut short or has another version. */
export function readRecords(datagram: Buffer): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  for (let at = 0; at + RECORD_HEADER_BYTES <= datagram.length; ) {
    const end = at + RECORD_HEADER_BYTES + datagram.readUInt16BE(at + 11);
    const version = datagram.readUInt16BE(at + 1);
    // A client sends DTLS 1.0 until the version is agreed.
    if (end > datagram.length || (version !== DTLS_1_2 && version !== DTLS_1_0)) break;
    records.push({
      type: datagram[at]!,
      epoch: datagram.readUInt16BE(at + 3),
      sequence: datagram.readUIntBE(at + 5, 6),
      version,
      fragment: datagram.subarray(at + RECORD_HEADER_BYTES, end),
    });
    at = end;
  }
  return records;
}

export function writeRecord(type: number, epoch: number, sequence: number, fragment: Buffer): Buffer {
  const record = Buffer.alloc(RECORD_HEADER_BYTES + fragment.length);
  record.writeUInt8(type, 0);
  record.writeUInt16BE(DTLS_1_2, 1);
  record.writeUInt16BE(epoch, 3);
  record.writeUIntBE(sequence, 5, 6);
  record.writeUInt16BE(fragment.length, 11);
  fragment.copy(record, RECORD_HEADER_BYTES);
  return record;
}
