import { OPUS_RATE_HZ, openOpusVoice } from '../decoders/opus-voice.ts';
import { type ForeignObject, numberOf, objectOf } from '../sockets/foreign-json.ts';
import { G722_RATE_HZ, G722Decoder } from '../telephony/g722.ts';
import { decodeMulaw, LINE_RATE_HZ } from '../telephony/mulaw.ts';
import { decodePcm } from '../tracks/decode-pcm.ts';

/** The sound that Zoom's media server sends. It may differ from what was asked for. */
export interface GrantedAudio {
  /** Null: sound that this server cannot decode. */
  readonly codec: 'L16' | 'G711' | 'G722' | 'OPUS' | null;
  /** Zoom's name of the codec, for messages. */
  readonly codecName: string;
  readonly sampleRateHz: number;
  readonly channelCount: number;
}

/** What is asked for, and what a media server sends that says nothing else. */
export const ASKED_AUDIO: GrantedAudio = { codec: 'L16', codecName: 'L16', sampleRateHz: 16_000, channelCount: 1 };

/** `MEDIA_PAYLOAD_TYPE`. */
const CODECS: Readonly<Record<number, NonNullable<GrantedAudio['codec']>>> = {
  1: 'L16',
  2: 'G711',
  3: 'G722',
  4: 'OPUS',
};
/** `AUDIO_SAMPLE_RATE`. */
const SAMPLE_RATES_HZ: Readonly<Record<number, number>> = { 0: 8000, 1: 16_000, 2: 32_000, 3: 48_000 };
/** Codecs with one rate. */
const FIXED_RATES_HZ: Readonly<Record<string, number>> = { G711: LINE_RATE_HZ, G722: G722_RATE_HZ };

/** Reads the `media_params` of a media handshake's response. Null if it says nothing about sound. */
export function grantedAudioOf({ media_params: params }: ForeignObject): GrantedAudio | null {
  const { audio } = objectOf(params);
  if (audio === undefined || audio === null) return null;
  const { codec: code, sample_rate: rate, channel } = objectOf(audio);
  const number = numberOf(code) ?? 1;
  const named = CODECS[number];
  const codecName = named ?? `number ${number}`;
  const channelCount = numberOf(channel) === 2 ? 2 : 1;
  return {
    // Nobody says how G.722 would hold two channels.
    codec: named === undefined || (named === 'G722' && channelCount === 2) ? null : named,
    codecName,
    sampleRateHz: FIXED_RATES_HZ[codecName] ?? SAMPLE_RATES_HZ[numberOf(rate) ?? 1] ?? ASKED_AUDIO.sampleRateHz,
    channelCount,
  };
}

/** Decodes the sound of one person, piece after piece. */
export interface GrantedDecoder {
  /** Of the decoded samples. */
  readonly sampleRateHz: number;
  /** Mono samples, −1…1, owned by the caller. Null if the bytes are no sound of this codec. */
  decode(bytes: Uint8Array): Float32Array | null;
  close(): void;
}

/** Opens a decoder. Null: there is none for this sound. */
export function openGrantedDecoder(granted: GrantedAudio): GrantedDecoder | Promise<GrantedDecoder> | null {
  const { codec, sampleRateHz, channelCount } = granted;
  const close = () => {};
  switch (codec) {
    case null:
      return null;
    case 'L16':
      return { sampleRateHz, close, decode: (bytes) => decodePcm(bytes, 'pcm-s16le', channelCount) };
    case 'G711':
      return { sampleRateHz, close, decode: (bytes) => decodeMonoMulaw(bytes, channelCount) };
    case 'G722': {
      const decoder = new G722Decoder();
      return { sampleRateHz, close, decode: (bytes) => decoder.decode(bytes) };
    }
    case 'OPUS':
      return openOpusVoice().then((voice) => ({
        sampleRateHz: OPUS_RATE_HZ,
        close: () => voice.close(),
        decode: (bytes) => voice.decode(bytes),
      }));
  }
}

function decodeMonoMulaw(bytes: Uint8Array, channelCount: number): Float32Array {
  if (channelCount === 1) return decodeMulaw(bytes);
  const [left, right] = [decodeMulaw(bytes, 0, 2), decodeMulaw(bytes, 1, 2)];
  return left.map((sample, index) => (sample + right[index]!) / 2);
}
