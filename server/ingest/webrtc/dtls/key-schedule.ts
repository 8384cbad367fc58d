import { hash } from 'node:crypto';
import type { SrtpProfile } from './negotiation.ts';
import type { DirectionKeys } from './record-cipher.ts';
import { tlsPrf } from './tls-prf.ts';

const VERIFY_DATA_BYTES = 12;

export interface Randoms {
  readonly client: Buffer;
  readonly server: Buffer;
}

/** SRTP keys of both directions. */
export interface SrtpKeys {
  readonly profile: SrtpProfile;
  readonly client: DirectionKeys;
  readonly server: DirectionKeys;
}

/** All secrets derived from one key exchange (RFC 5246, 8.1; RFC 7627, 4; RFC 5764, 4.2). */
export class KeySchedule {
  readonly #master: Buffer;
  readonly #randoms: Randoms;

  /**
   * @param transcript - all messages up to the client's key exchange, if both sides use the extended master secret.
   * Null if the secret depends only on the randoms.
   */
  constructor(shared: Buffer, randoms: Randoms, transcript: Buffer | null) {
    this.#randoms = randoms;
    this.#master =
      transcript === null
        ? tlsPrf(shared, 'master secret', Buffer.concat([randoms.client, randoms.server]), 48)
        : tlsPrf(shared, 'extended master secret', hash('sha256', transcript, 'buffer'), 48);
  }

  /** Keys that encrypt records. */
  recordKeys(): { readonly client: DirectionKeys; readonly server: DirectionKeys } {
    const { client, server } = this.#randoms;
    return cut(tlsPrf(this.#master, 'key expansion', Buffer.concat([server, client]), 40), 16, 4);
  }

  srtpKeys(profile: SrtpProfile): SrtpKeys {
    const { client, server } = this.#randoms;
    const saltBytes = profile === 7 ? 12 : 14;
    const seed = Buffer.concat([client, server]);
    const material = tlsPrf(this.#master, 'EXTRACTOR-dtls_srtp', seed, 2 * (16 + saltBytes));
    return { profile, ...cut(material, 16, saltBytes) };
  }

  /** Content of a Finished: proof that its sender has the keys and saw the same messages. */
  verifyData(side: 'client' | 'server', transcript: Buffer): Buffer {
    return tlsPrf(this.#master, `${side} finished`, hash('sha256', transcript, 'buffer'), VERIFY_DATA_BYTES);
  }
}

/** Splits key material: both sides' keys come first, then both salts. */
function cut(material: Buffer, keyBytes: number, saltBytes: number) {
  const salts = 2 * keyBytes;
  return {
    client: { key: material.subarray(0, keyBytes), salt: material.subarray(salts, salts + saltBytes) },
    server: { key: material.subarray(keyBytes, salts), salt: material.subarray(salts + saltBytes) },
  };
}
