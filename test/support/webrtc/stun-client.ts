import { createHmac, randomBytes } from 'node:crypto';

/** A Binding request of a full ICE agent (RFC 8445, 7.2.2), built without a library. */
export function bindingRequest(options: {
  readonly username: string;
  readonly password: string;
  readonly nominates?: boolean;
}): { readonly bytes: Buffer; readonly transactionId: Buffer } {
  const transactionId = randomBytes(12);
  const attributes = [attribute(0x0006, Buffer.from(options.username)), attribute(0x0024, Buffer.alloc(4, 1))];
  if (options.nominates === true) attributes.push(attribute(0x0025, Buffer.alloc(0)));
  const body = Buffer.concat(attributes);
  const header = Buffer.concat([Buffer.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]), transactionId]);
  header.writeUInt16BE(body.length + 24, 2);
  const hmac = createHmac('sha1', options.password).update(header).update(body).digest();
  return { bytes: Buffer.concat([header, body, attribute(0x0008, hmac)]), transactionId };
}

/**
 * The address in a Binding success response (XOR-MAPPED-ADDRESS, IPv4). Null when the bytes do not answer
 * `transactionId`.
 */
export function mappedAddress(bytes: Buffer, transactionId: Buffer): { address: string; port: number } | null {
  if (bytes.readUInt16BE(0) !== 0x0101 || !bytes.subarray(8, 20).equals(transactionId)) return null;
  for (let at = 20; at < bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2);
    if (bytes.readUInt16BE(at) === 0x0020) {
      const value = bytes.subarray(at + 4, at + 4 + length);
      const octets = [...value.subarray(4, 8)].map((octet, index) => octet ^ [0x21, 0x12, 0xa4, 0x42][index]!);
      return { address: octets.join('.'), port: value.readUInt16BE(2) ^ 0x2112 };
    }
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return null;
}

/** Whether the message ends with MESSAGE-INTEGRITY, computed with this password, and FINGERPRINT. */
export function isSignedResponse(bytes: Buffer, password: string): boolean {
  const signed = Buffer.from(bytes.subarray(0, bytes.length - 8 - 24));
  signed.writeUInt16BE(signed.length - 20 + 24, 2);
  const expected = createHmac('sha1', password).update(signed).digest();
  const isFingerprintLast = bytes.readUInt16BE(bytes.length - 8) === 0x8028;
  return isFingerprintLast && bytes.subarray(bytes.length - 28, bytes.length - 8).equals(expected);
}

function attribute(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(value.length, 2);
  return Buffer.concat([header, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}
