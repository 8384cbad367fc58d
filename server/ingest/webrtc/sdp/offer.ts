import { hasUsableFingerprint } from '../dtls/client-proof.ts';

/** A codec of a media section, as `a=rtpmap`, `a=fmtp` and `a=rtcp-fb` describe it. */
export interface OfferedCodec {
  readonly payloadType: number;
  /** Lower case, without the media type: `opus`, `vp8`, `h264`, `rtx`, `red`. */
  readonly name: string;
  readonly clockRateHz: number;
  readonly channelCount: number;
  /** The value of `a=fmtp`. Empty if missing. */
  readonly parameters: string;
  /** The values of `a=rtcp-fb`, such as `nack pli`. */
  readonly feedback: readonly string[];
}

export interface OfferedMedia {
  readonly kind: 'audio' | 'video';
  readonly mid: string;
  /** False for a section that was rejected or does not send. */
  readonly sends: boolean;
  /** False for a section that was rejected or does not receive. */
  readonly receives: boolean;
  readonly codecs: readonly OfferedCodec[];
  /** SSRCs of the media and of its retransmissions. Null if the section names none. */
  readonly ssrc: number | null;
  readonly rtxSsrc: number | null;
  /** Id of the header extension that carries the mid. Null if there is none. */
  readonly midExtensionId: number | null;
}

export interface OfferedChannel {
  readonly kind: 'application';
  readonly mid: string;
  readonly sctpPort: number;
}

/** Any other section. It can only be rejected. */
export interface OfferedOther {
  readonly kind: 'other';
  readonly mid: string;
  /** The `m=` line, which the answer repeats with port 0. */
  readonly line: string;
}

export type OfferedSection = (OfferedMedia | OfferedChannel | OfferedOther) & {
  /** Fields two to four of the `m=` line, which an answer must repeat. */
  readonly protocol: string;
};

export interface Fingerprint {
  readonly algorithm: string;
  readonly value: string;
}

/**
 * What a WHIP client offers to send, or a WHEP client to receive (RFC 8866, RFC 9429). Only the parts that this server
 * uses.
 */
export interface Offer {
  readonly sections: readonly OfferedSection[];
  readonly ufrag: string;
  readonly password: string;
  readonly fingerprints: readonly Fingerprint[];
  /** Whether the peer waits for the DTLS handshake (`a=setup:passive`). Otherwise it begins it. */
  readonly isPassive: boolean;
}

/** An offer that this server cannot accept. The message says why, without quoting the offer. */
export class OfferError extends Error {
  override readonly name = 'OfferError';
}

/** Most sections that are read per offer. A browser that publishes sends three. */
const MAX_SECTIONS = 8;
const MID_EXTENSION = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}$/;
const ICE_CHARS = /^[A-Za-z0-9+/]{4,256}$/;

interface RawSection {
  readonly line: string;
  readonly attributes: string[];
}

/** @throws {@link OfferError} */
export function parseOffer(sdp: string): Offer {
  const { session, sections: raw } = split(sdp);
  if (raw.length === 0) throw new OfferError('the offer has no media sections');
  if (raw.length > MAX_SECTIONS) throw new OfferError(`the offer has more than ${MAX_SECTIONS} media sections`);
  const sections = raw.map(parseSection);
  if (new Set(sections.map(({ mid }) => mid)).size !== sections.length)
    throw new OfferError('two media sections have the same mid');

  // All media uses one transport: that of the first section in the bundle.
  const bundle = firstValueOf(session, 'group')?.split(' ') ?? [];
  const live = sections.filter((section) => section.kind !== 'other' && isLive(section));
  if (live.length > 1 && (bundle[0] !== 'BUNDLE' || live.some(({ mid }) => !bundle.includes(mid)))) {
    throw new OfferError('the offer must bundle all media over one transport (a=group:BUNDLE)');
  }
  // A section that only waits for the bundle may leave the transport's attributes to the others.
  const leader = live.find((section) => valuesOf(raw[sections.indexOf(section)]!.attributes, 'ice-ufrag').length > 0);
  const first = raw[Math.max(0, sections.indexOf(leader ?? live[0]!))]!;
  const find = (name: string) => firstValueOf(first.attributes, name) ?? firstValueOf(session, name);
  const [ufrag, password] = [find('ice-ufrag'), find('ice-pwd')];
  if (ufrag === undefined || password === undefined || !ICE_CHARS.test(ufrag) || !ICE_CHARS.test(password)) {
    throw new OfferError('the offer has no ICE credentials');
  }
  const isPassive = find('setup') === 'passive';
  const fingerprints = [...valuesOf(first.attributes, 'fingerprint'), ...valuesOf(session, 'fingerprint')].flatMap(
    (text) => {
      const match = /^([\w-]{1,16}) ([0-9A-Fa-f:]{8,300})$/.exec(text);
      return match === null ? [] : [{ algorithm: match[1]!, value: match[2]! }];
    },
  );
  if (!hasUsableFingerprint(fingerprints)) {
    throw new OfferError('the offer has no fingerprint of SHA-256, SHA-384 or SHA-512');
  }
  return { sections, ufrag, password, fingerprints, isPassive };
}

function isLive(section: OfferedSection): boolean {
  return section.kind === 'application' || (section.kind !== 'other' && (section.sends || section.receives));
}

function split(sdp: string): { session: string[]; sections: RawSection[] } {
  const lines = sdp.split(/\r?\n/);
  if (lines[0] !== 'v=0') throw new OfferError('the body is not a session description (SDP)');
  const session: string[] = [];
  const sections: RawSection[] = [];
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push({ line: line.slice(2), attributes: [] });
    else if (line.startsWith('a=')) (sections.at(-1)?.attributes ?? session).push(line.slice(2));
  }
  return { session, sections };
}

function parseSection({ line, attributes }: RawSection, index: number): OfferedSection {
  const [kind, port, protocol = '', ...formats] = line.split(' ');
  if (!/^[A-Za-z0-9/]{1,40}$/.test(protocol)) throw new OfferError('a media section is not well-formed');
  // A section with port 0 is rejected, except if it only waits for the bundle (RFC 9143, 6).
  const isRejected = port === '0' && !attributes.includes('bundle-only');
  const mid = firstValueOf(attributes, 'mid') ?? String(index);
  if (!TOKEN.test(mid)) throw new OfferError('a mid is not well-formed');
  if (kind === 'application' && formats[0] === 'webrtc-datachannel' && !isRejected) {
    const sctpPort = Number(firstValueOf(attributes, 'sctp-port') ?? 5000);
    if (!isWithin(sctpPort, 1, 65_535)) throw new OfferError('the SCTP port is not valid');
    return { kind, mid, protocol, sctpPort };
  }
  if ((kind !== 'audio' && kind !== 'video') || !protocol.endsWith('SAVPF')) {
    if (!/^[\w .*/-]{1,300}$/.test(line)) throw new OfferError('a media section is not well-formed');
    return { kind: 'other', mid, protocol, line };
  }
  const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
  const direction = attributes.find((attribute) => directions.includes(attribute)) ?? 'sendrecv';
  // A section of the bundle may leave to the first one what all share.
  if (port !== '0' && !attributes.includes('rtcp-mux')) throw new OfferError('the offer must multiplex RTCP');
  const midExtension = valuesOf(attributes, 'extmap').find((text) => text.split(' ')[1] === MID_EXTENSION);
  const midExtensionId = midExtension === undefined ? null : Number.parseInt(midExtension, 10);
  if (midExtensionId !== null && !isWithin(midExtensionId, 1, 255)) {
    throw new OfferError('the id of a header extension is not valid');
  }
  return {
    kind,
    mid,
    protocol,
    sends: !isRejected && direction.startsWith('send'),
    receives: !isRejected && (direction === 'recvonly' || direction === 'sendrecv'),
    codecs: parseCodecs(formats, attributes),
    ...parseSsrcs(attributes),
    midExtensionId,
  };
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function parseCodecs(formats: readonly string[], attributes: readonly string[]): OfferedCodec[] {
  const [parameters, feedback] = ['fmtp', 'rtcp-fb'].map((name) =>
    Map.groupBy(valuesOf(attributes, name), (text) => text.split(' ', 1)[0]!),
  ) as [Map<string, string[]>, Map<string, string[]>];
  const maps = new Map(valuesOf(attributes, 'rtpmap').map((text) => [text.split(' ', 1)[0]!, text]));
  const afterFormat = (text: string) => text.slice(text.indexOf(' ') + 1);
  return formats.flatMap((format) => {
    const match = /^(\d{1,3}) ([\w.-]{1,32})\/(\d{1,6})(?:\/(\d))?$/.exec(maps.get(format) ?? '');
    if (match === null || Number(match[1]) > 127) return [];
    return {
      payloadType: Number(match[1]),
      name: match[2]!.toLowerCase(),
      clockRateHz: Number(match[3]),
      channelCount: Number(match[4] ?? 1),
      parameters: afterFormat(parameters.get(format)?.[0] ?? ' '),
      feedback: [...(feedback.get(format) ?? []), ...(feedback.get('*') ?? [])].map(afterFormat),
    };
  });
}

function parseSsrcs(attributes: readonly string[]): Pick<OfferedMedia, 'ssrc' | 'rtxSsrc'> {
  const repaired = /^FID (\d{1,10}) (\d{1,10})$/.exec(firstValueOf(attributes, 'ssrc-group') ?? '');
  if (repaired !== null) return { ssrc: ssrcOf(repaired[1]), rtxSsrc: ssrcOf(repaired[2]) };
  return { ssrc: ssrcOf(/^(\d{1,10}) /.exec(firstValueOf(attributes, 'ssrc') ?? '')?.[1]), rtxSsrc: null };
}

function ssrcOf(text: string | undefined): number | null {
  return text !== undefined && isWithin(Number(text), 0, 0xffffffff) ? Number(text) : null;
}

function valuesOf(attributes: readonly string[], name: string): string[] {
  const prefix = `${name}:`;
  return attributes.flatMap((attribute) =>
    attribute.startsWith(prefix) ? [attribute.slice(prefix.length).trim()] : [],
  );
}

function firstValueOf(attributes: readonly string[], name: string): string | undefined {
  return valuesOf(attributes, name)[0];
}
