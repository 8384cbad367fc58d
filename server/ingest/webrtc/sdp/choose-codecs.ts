import type { Offer, OfferedCodec, OfferedMedia } from './offer.ts';

/** What a media section will carry. */
export interface ChosenCodec {
  readonly kind: 'opus' | 'vp8' | 'h264';
  readonly codec: OfferedCodec;
  /** Redundant audio (RFC 2198) around the codec. Used first if it was offered. */
  readonly red: OfferedCodec | null;
  /** Retransmissions (RFC 4588) of the codec. */
  readonly rtx: OfferedCodec | null;
}

/** Feedback that this server sends. */
const FEEDBACK: readonly string[] = ['nack', 'nack pli'];

/**
 * What to receive, by mid. Takes the first usable section of each kind, because a participant has one voice and one
 * camera.
 */
export function chooseCodecs(
  offer: Offer,
  { hasRedundancy }: { readonly hasRedundancy: boolean },
): Map<string, ChosenCodec> {
  const chosen = new Map<string, ChosenCodec>();
  const kinds = new Set<string>();
  for (const section of offer.sections) {
    if ((section.kind !== 'audio' && section.kind !== 'video') || !section.sends || kinds.has(section.kind)) continue;
    const codec = chooseCodec(section);
    if (codec === null) continue;
    kinds.add(section.kind);
    chosen.set(section.mid, hasRedundancy ? codec : { ...codec, red: null });
  }
  return chosen;
}

/**
 * What to send to a listener, by mid. Takes the first section of each kind that offers to receive the publisher's
 * codec. Lost packets are repeated unchanged, because an SFU numbers retransmissions in its own way.
 */
export function chooseSentCodecs(offer: Offer, published: readonly ChosenCodec[]): Map<string, ChosenCodec> {
  const chosen = new Map<string, ChosenCodec>();
  for (const source of published) {
    for (const section of offer.sections) {
      if ((section.kind !== 'audio' && section.kind !== 'video') || !section.receives) continue;
      const codec = section.codecs.find((candidate) => isSameCodec(candidate, source.codec));
      if (codec === undefined) continue;
      const feedback = codec.feedback.filter((value) => FEEDBACK.includes(value));
      chosen.set(section.mid, { kind: source.kind, codec: { ...codec, feedback }, red: null, rtx: null });
      break;
    }
  }
  return chosen;
}

/** H.264 needs the same profile and packetization mode. Its level is up to the sender. */
function isSameCodec(offered: OfferedCodec, sent: OfferedCodec): boolean {
  if (offered.name !== sent.name || offered.clockRateHz !== sent.clockRateHz) return false;
  if (sent.name !== 'h264') return true;
  const [a, b] = [offered, sent].map(({ parameters }) => h264Of(parameters)) as [H264, H264];
  return a.profile === b.profile && a.mode === b.mode;
}

/** The codec in which a section is received: the first usable one. Null if there is none. */
export function chooseCodec(media: OfferedMedia): ChosenCodec | null {
  const { codecs } = media;
  const codec = codecs.find((candidate) => isReceivable(media.kind, candidate));
  if (codec === undefined) return null;
  const type = String(codec.payloadType);
  const red = codecs.find(({ name, parameters }) => name === 'red' && parameters.split('/')[0] === type);
  const rtx = codecs.find(({ name, parameters }) => name === 'rtx' && aptOf(parameters) === codec.payloadType);
  return {
    kind: codec.name as ChosenCodec['kind'],
    codec: { ...codec, feedback: codec.feedback.filter((value) => FEEDBACK.includes(value)) },
    red: red === undefined || media.kind === 'video' ? null : { ...red, feedback: [] },
    rtx: rtx === undefined ? null : { ...rtx, feedback: [] },
  };
}

function isReceivable(kind: 'audio' | 'video', { name, clockRateHz, parameters }: OfferedCodec): boolean {
  if (kind === 'audio') return name === 'opus' && clockRateHz === 48_000;
  if (clockRateHz !== 90_000) return false;
  return name === 'vp8' || (name === 'h264' && isReceivableH264(parameters));
}

/** Accepts Baseline, Main and High in non-interleaved or single-unit packets. All of them use 4:2:0 with 8 bits. */
function isReceivableH264(parameters: string): boolean {
  const { profile, mode } = h264Of(parameters);
  return ['42', '4d', '58', '64'].includes(profile) && mode !== '2';
}

interface H264 {
  /** `profile_idc` in hexadecimal. */
  readonly profile: string;
  readonly mode: string;
}

function h264Of(parameters: string): H264 {
  const values = parameterMap(parameters);
  const profile = (values.get('profile-level-id') ?? '42').slice(0, 2).toLowerCase();
  return { profile, mode: values.get('packetization-mode') ?? '0' };
}

function aptOf(parameters: string): number {
  return Number(parameterMap(parameters).get('apt'));
}

function parameterMap(parameters: string): Map<string, string> {
  return new Map(
    parameters.split(';').map((pair) => {
      const [name = '', value = ''] = pair.trim().split('=');
      return [name.toLowerCase(), value];
    }),
  );
}
