import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type Group, P256 } from './negotiation.ts';

/** Prefix of a public key in its SubjectPublicKeyInfo. */
const X25519_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const P256_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

/** The server's half of an ephemeral Diffie-Hellman exchange. */
export interface KeyShare {
  /** In TLS notation: 32 bytes for X25519, or an uncompressed P-256 point. */
  readonly publicKey: Buffer;
  /** The secret shared with the owner of a public key. @throws if the key is not in the group. */
  agree(publicKey: Buffer): Buffer;
}

export function createKeyShare(group: Group): KeyShare {
  const isP256 = group === P256;
  const prefix = isP256 ? P256_PREFIX : X25519_PREFIX;
  const pair = isP256 ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' }) : generateKeyPairSync('x25519');
  const spki = pair.publicKey.export({ type: 'spki', format: 'der' });
  return {
    publicKey: spki.subarray(prefix.length),
    agree: (publicKey) => diffieHellman({ privateKey: pair.privateKey, publicKey: importKey(prefix, spki, publicKey) }),
  };
}

function importKey(prefix: Buffer, own: Buffer, publicKey: Buffer): KeyObject {
  if (prefix.length + publicKey.length !== own.length) throw new TypeError('the public key has the wrong length');
  return createPublicKey({ key: Buffer.concat([prefix, publicKey]), format: 'der', type: 'spki' });
}
