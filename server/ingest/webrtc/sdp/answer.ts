import type { SentSource } from '../transport/media-transport.ts';
import type { ChosenCodec } from './choose-codecs.ts';
import type { Fingerprint, Offer, OfferedCodec, OfferedSection } from './offer.ts';

export interface HostCandidate {
  readonly address: string;
  readonly port: number;
}

/** The server's side of the transport. */
export interface LocalTransport {
  readonly ufrag: string;
  readonly password: string;
  readonly fingerprints: readonly Fingerprint[];
  readonly candidates: readonly HostCandidate[];
}

export interface AnswerOptions {
  readonly offer: Offer;
  /** What each accepted media section carries, by mid. Sections that are not listed are rejected. */
  readonly chosen: ReadonlyMap<string, ChosenCodec>;
  readonly local: LocalTransport;
  /** What each section sends, by mid. Default: all sections only receive. */
  readonly sent?: ReadonlyMap<string, SentSource>;
  /** Whether a section for data channels is accepted. */
  readonly hasChannels: boolean;
  /** Largest data channel message that is read, in bytes. */
  readonly maxMessageBytes: number;
  /** Unique number of the session description. */
  readonly sessionNumber: number;
}

/** Writes the answer to an offer (RFC 9429). It receives or sends what was chosen, with ICE-lite.
 * DTLS is passive, unless the peer is. */
export function writeAnswer(options: AnswerOptions): string {
  const { offer, chosen, local, sent, hasChannels, maxMessageBytes, sessionNumber } = options;
  const accepted = offer.sections.filter((section) =>
    section.kind === 'application' ? hasChannels : chosen.has(section.mid),
  );
  const transport = transportLines(local, offer.isPassive);
  const lines = [
    'v=0',
    `o=- ${sessionNumber} 1 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'a=ice-lite',
    `a=group:BUNDLE ${accepted.map(({ mid }) => mid).join(' ')}`,
    'a=msid-semantic: WMS *',
  ];
  for (const section of offer.sections) {
    if (!accepted.includes(section)) lines.push(...rejected(section));
    else if (section.kind === 'application') lines.push(...channelLines(section, transport, maxMessageBytes));
    else lines.push(...mediaLines(section, chosen.get(section.mid)!, transport, sent?.get(section.mid)));
  }
  return `${lines.join('\r\n')}\r\n`;
}

function rejected(section: OfferedSection): string[] {
  const formats =
    section.kind === 'other'
      ? section.line.split(' ').slice(3).join(' ')
      : section.kind === 'application'
        ? 'webrtc-datachannel'
        : section.codecs.map(({ payloadType }) => payloadType).join(' ') || '0';
  const kind = section.kind === 'other' ? section.line.split(' ', 1)[0] : section.kind;
  return [`m=${kind} 0 ${section.protocol} ${formats}`, 'c=IN IP4 0.0.0.0', 'a=inactive', `a=mid:${section.mid}`];
}

function channelLines(
  { protocol, mid }: OfferedSection,
  transport: readonly string[],
  maxMessageBytes: number,
): string[] {
  return [
    `m=application 9 ${protocol} webrtc-datachannel`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${mid}`,
    ...transport,
    'a=sctp-port:5000',
    `a=max-message-size:${maxMessageBytes}`,
  ];
}

function mediaLines(
  section: OfferedSection,
  { codec, red, rtx }: ChosenCodec,
  transport: readonly string[],
  source: SentSource | undefined,
): string[] {
  if (section.kind !== 'audio' && section.kind !== 'video') return [];
  // Redundant audio first, because a sender uses the first format.
  const codecs = [red, codec, rtx].filter((candidate) => candidate !== null);
  const { midExtensionId } = section;
  return [
    `m=${section.kind} 9 ${section.protocol} ${codecs.map(({ payloadType }) => payloadType).join(' ')}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${section.mid}`,
    ...transport,
    'a=rtcp-mux',
    'a=rtcp-rsize',
    ...codecs.flatMap(codecLines),
    ...(source === undefined ? receiverLines(midExtensionId) : senderLines(section.kind, source)),
  ];
}

function receiverLines(midExtensionId: number | null): string[] {
  return [
    'a=recvonly',
    ...(midExtensionId === null ? [] : [`a=extmap:${midExtensionId} urn:ietf:params:rtp-hdrext:sdes:mid`]),
  ];
}

/** The SSRC identifies a packet's section, so no header extension is sent. Voice and camera share one `msid`. */
function senderLines(kind: 'audio' | 'video', { ssrc, cname }: SentSource): string[] {
  return ['a=sendonly', `a=msid:participant ${kind}`, `a=ssrc:${ssrc} cname:${cname}`];
}

function codecLines({ payloadType, name, clockRateHz, channelCount, parameters, feedback }: OfferedCodec): string[] {
  const channels = channelCount > 1 ? `/${channelCount}` : '';
  return [
    `a=rtpmap:${payloadType} ${name === 'vp8' || name === 'h264' ? name.toUpperCase() : name}/${clockRateHz}${channels}`,
    ...feedback.map((value) => `a=rtcp-fb:${payloadType} ${value}`),
    ...(parameters === '' ? [] : [`a=fmtp:${payloadType} ${parameters}`]),
  ];
}

function transportLines({ ufrag, password, fingerprints, candidates }: LocalTransport, isActive: boolean): string[] {
  return [
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password}`,
    'a=ice-options:trickle',
    ...fingerprints.map(({ algorithm, value }) => `a=fingerprint:${algorithm} ${value}`),
    `a=setup:${isActive ? 'active' : 'passive'}`,
    ...candidates.map(({ address, port }, index) => {
      // The preference of the candidate type, minus one per further address (RFC 8445, 5.1.2).
      const priority = 126 * 2 ** 24 + (65_535 - index) * 2 ** 8 + 255;
      return `a=candidate:${index + 1} 1 udp ${priority} ${address} ${port} typ host`;
    }),
    'a=end-of-candidates',
  ];
}
