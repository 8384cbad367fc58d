import { type ForeignObject, numberOf, objectOf } from '../sockets/foreign-json.ts';
import { decodeMulaw } from '../telephony/mulaw.ts';
import { decodePcm } from '../tracks/decode-pcm.ts';

/** The sound that Zoom's media server sends. It may differ from what was asked for. */
export interface GrantedAudio {
  /** Null: a codec that this server cannot decode. */
  readonly codec: 'L16' | 'G711' | null;
  /** Zoom's name of the codec, for messages. */
  readonly codecName: string;
  readonly sampleRateHz: number;
  readonly channelCount: number;
}

/** What is asked for, and what a media server sends that says nothing else. */
export const ASKED_AUDIO: GrantedAudio = { codec: 'L16', codecName: 'L16', sampleRateHz: 16_000, channelCount: 1 };

/** `MEDIA_PAYLOAD_TYPE`. */
const CODEC_NAMES: Readonly<Record<number, string>> = { 1: 'L16', 2: 'G711', 3: 'G722', 4: 'OPUS' };
/** `AUDIO_SAMPLE_RATE`. */
const SAMPLE_RATES_HZ: Readonly<Record<number, number>> = { 0: 8000, 1: 16_000, 2: 32_000, 3: 48_000 };

/** Reads the `media_params` of a media handshake's response. Null if it says nothing about sound. */
export function grantedAudioOf({ media_params: params }: ForeignObject): GrantedAudio | null {
  const { audio } = objectOf(params);
  if (audio === undefined || audio === null) return null;
  const { codec: code, sample_rate: rate, channel } = objectOf(audio);
  const number = numberOf(code) ?? 1;
  const codecName = CODEC_NAMES[number] ?? `number ${number}`;
  return {
    codec: codecName === 'L16' || codecName === 'G711' ? codecName : null,
    codecName,
    // G.711 has one rate.
    sampleRateHz: codecName === 'G711' ? 8000 : (SAMPLE_RATES_HZ[numberOf(rate) ?? 1] ?? ASKED_AUDIO.sampleRateHz),
    channelCount: numberOf(channel) === 2 ? 2 : 1,
  };
}

/** Mono samples, −1…1. Null if the bytes are not whole sample frames. Undefined if the codec cannot be decoded. */
export function decodeGranted(
  { codec, channelCount }: GrantedAudio,
  bytes: Uint8Array,
): Float32Array | null | undefined {
  if (codec === null) return undefined;
  if (codec === 'L16') return decodePcm(bytes, 'pcm-s16le', channelCount);
  if (channelCount === 1) return decodeMulaw(bytes);
  const [left, right] = [decodeMulaw(bytes, 0, 2), decodeMulaw(bytes, 1, 2)];
  return left.map((sample, index) => (sample + right[index]!) / 2);
}
