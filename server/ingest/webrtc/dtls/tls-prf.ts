import { createHmac } from 'node:crypto';

/** The pseudorandom function of TLS 1.2 with SHA-256 (RFC 5246, 5). */
export function tlsPrf(secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const labelled = Buffer.concat([Buffer.from(label, 'latin1'), seed]);
  const parts: Buffer[] = [];
  let chain = labelled;
  for (let made = 0; made < length; made += 32) {
    chain = createHmac('sha256', secret).update(chain).digest();
    parts.push(createHmac('sha256', secret).update(chain).update(labelled).digest());
  }
  return Buffer.concat(parts, length);
}
