import type { ChosenCodec } from '../sdp/choose-codecs.ts';
import type { OfferedCodec, OfferedMedia } from '../sdp/offer.ts';
import type { MediasoupCodec } from './mediasoup-types.ts';

/**
 * H.264 profiles that a router accepts: Constrained Baseline, Baseline, Main, High, each in both packetization modes.
 */
const H264_PROFILES = ['42e01f', '42001f', '4d001f', '64001f'];

const PICTURE_FEEDBACK = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }];

/** Codecs of every router. */
export const ROUTER_CODECS: readonly Record<string, unknown>[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000, rtcpFeedback: PICTURE_FEEDBACK },
  ...H264_PROFILES.flatMap((profile) =>
    [1, 0].map((mode) => ({
      kind: 'video',
      mimeType: 'video/H264',
      clockRate: 90_000,
      parameters: { 'packetization-mode': mode, 'profile-level-id': profile, 'level-asymmetry-allowed': 1 },
      rtcpFeedback: PICTURE_FEEDBACK,
    })),
  ),
];

/** What a section sends, in mediasoup's form. */
export function producerParameters(media: OfferedMedia, { codec, rtx }: ChosenCodec): Record<string, unknown> {
  const { mid, midExtensionId, ssrc, rtxSsrc } = media;
  const repairs = rtx === null || rtxSsrc === null ? {} : { rtx: { ssrc: rtxSsrc } };
  const uri = 'urn:ietf:params:rtp-hdrext:sdes:mid';
  return {
    kind: media.kind,
    rtpParameters: {
      mid,
      codecs: [describe(media.kind, codec), ...(rtx === null ? [] : [describe(media.kind, rtx)])],
      headerExtensions: midExtensionId === null ? [] : [{ uri, id: midExtensionId }],
      encodings: ssrc === null ? [] : [{ ssrc, ...repairs }],
      rtcp: { reducedSize: true },
    },
  };
}

/**
 * A publisher's codec with the listener's numbering. It configures the listener's router, and tells mediasoup what the
 * listener can receive.
 */
export function listenerCodec(source: MediasoupCodec, { codec }: ChosenCodec): Record<string, unknown> {
  const { mimeType, clockRate, channels, parameters = {} } = source;
  return {
    kind: mimeType.split('/', 1)[0],
    mimeType,
    clockRate,
    ...(channels !== undefined && { channels }),
    parameters,
    preferredPayloadType: codec.payloadType,
    rtcpFeedback: describeFeedback(codec),
  };
}

function describeFeedback({ feedback }: OfferedCodec): Record<string, unknown>[] {
  return feedback.map((text) => {
    const [type, parameter] = text.split(' ');
    return { type, ...(parameter !== undefined && { parameter }) };
  });
}

function describe(kind: 'audio' | 'video', codec: OfferedCodec): Record<string, unknown> {
  const { name, payloadType, clockRateHz, channelCount, parameters } = codec;
  return {
    mimeType: `${kind}/${name === 'opus' || name === 'rtx' ? name : name.toUpperCase()}`,
    payloadType,
    clockRate: clockRateHz,
    ...(kind === 'audio' && { channels: channelCount }),
    parameters: Object.fromEntries(
      parameters.split(';').flatMap((pair) => {
        const [key = '', value = ''] = pair.trim().split('=');
        // Keep the profile as text: 42001f is not a number, but 420010 looks like one.
        const isNumber = /^\d+$/.test(value) && key !== 'profile-level-id';
        return key === '' ? [] : [[key, isNumber ? Number(value) : value]];
      }),
    ),
    rtcpFeedback: describeFeedback(codec),
  };
}
