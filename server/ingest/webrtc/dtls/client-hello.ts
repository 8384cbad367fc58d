import { TlsReader } from './tls-reader.ts';

/** What a client offers (RFC 5246, 7.4.1.2; RFC 6347, 4.2.1). */
export interface ClientHello {
  readonly version: number;
  /** 32 bytes. */
  readonly random: Buffer;
  /** Empty in a client's first hello. */
  readonly cookie: Buffer;
  /** The hello without its cookie. The cookie is computed from it. */
  readonly uncookied: Buffer;
  readonly suites: readonly number[];
  readonly compressions: Buffer;
  /** Versions in `supported_versions`. Null if the client does not send the extension. */
  readonly versions: readonly number[] | null;
  readonly groups: readonly number[];
  readonly signatureSchemes: readonly number[];
  readonly srtpProfiles: readonly number[];
  readonly hasPointFormats: boolean;
  /** Whether the client supports the extended master secret, derived from the whole handshake (RFC 7627). */
  readonly hasExtendedMasterSecret: boolean;
  /** Whether the client asks for secure renegotiation (RFC 5746). */
  readonly hasRenegotiationInfo: boolean;
}

export const EXTENSION = {
  supportedGroups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  useSrtp: 14,
  extendedMasterSecret: 23,
  supportedVersions: 43,
  renegotiationInfo: 0xff01,
} as const;

/** Stands for an empty `renegotiation_info` in the list of suites. */
const RENEGOTIATION_SUITE = 0x00ff;

/** @throws CutShortError */
export function readClientHello(body: Buffer): ClientHello {
  const reader = new TlsReader(body);
  const version = reader.number(2);
  const random = reader.take(32);
  reader.vector(1);
  const beforeCookie = body.length - reader.left;
  const cookie = reader.vector(1);
  const uncookied = Buffer.concat([body.subarray(0, beforeCookie), body.subarray(body.length - reader.left)]);
  const suites = reader.numbers(2);
  const compressions = reader.vector(1);
  const extensions = reader.left === 0 ? new Map<number, Buffer>() : readExtensions(reader.vector(2));
  const read = (type: number): TlsReader | null => {
    const content = extensions.get(type);
    return content === undefined ? null : new TlsReader(content);
  };
  return {
    version,
    random,
    cookie,
    uncookied,
    suites,
    compressions,
    versions: read(EXTENSION.supportedVersions)?.numbers(1) ?? null,
    groups: read(EXTENSION.supportedGroups)?.numbers(2) ?? [],
    signatureSchemes: read(EXTENSION.signatureAlgorithms)?.numbers(2) ?? [],
    srtpProfiles: read(EXTENSION.useSrtp)?.numbers(2) ?? [],
    hasPointFormats: extensions.has(EXTENSION.pointFormats),
    hasExtendedMasterSecret: extensions.has(EXTENSION.extendedMasterSecret),
    hasRenegotiationInfo: extensions.has(EXTENSION.renegotiationInfo) || suites.includes(RENEGOTIATION_SUITE),
  };
}

function readExtensions(bytes: Buffer): Map<number, Buffer> {
  const extensions = new Map<number, Buffer>();
  for (const reader = new TlsReader(bytes); reader.left > 0; ) extensions.set(reader.number(2), reader.vector(2));
  return extensions;
}
