import { MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ } from '../../../client-sdk/protocol/index.ts';
import { type ForeignObject, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';

/** The rate of mod_audio_stream if nothing is said. */
const DEFAULT_RATE_HZ = 8000;

/** What mod_audio_stream sends: the caller only, both mixed into one channel, or one channel each. */
export type StreamMix = 'mono' | 'mixed' | 'stereo';

/** Properties of a stream that the sound itself does not show. */
export interface StreamSettings {
  readonly sampleRateHz: number;
  readonly mix: StreamMix;
  /** Token, session, title, and ids, roles and names of the channels. */
  readonly parameters: ForeignObject;
}

/** The channels per mix, in order, and which party speaks on each. Null: both. */
export const CHANNELS_OF_MIX = {
  mono: [{ name: 'caller', side: 'far' }],
  mixed: [{ name: 'call', side: null }],
  stereo: [
    { name: 'caller', side: 'far' },
    { name: 'callee', side: 'near' },
  ],
} as const satisfies Readonly<Record<StreamMix, readonly { name: string; side: 'far' | 'near' | null }[]>>;

/**
 * Reads the settings in the address (`?rate=16000&mix=stereo`) and in the metadata, which takes precedence. The
 * metadata is any text from the dial plan. Text that is not a JSON object is ignored.
 */
export function readStreamSettings(url: string, metadata: string | null): StreamSettings {
  const { searchParams } = new URL(url, 'ws://any');
  // A token does not belong in an address, because proxies log addresses.
  searchParams.delete('token');
  const parameters = { ...Object.fromEntries(searchParams), ...parseMetadata(metadata) };
  const told = rateOf(parameters);
  const isRate = told !== null && Number.isInteger(told) && told >= MIN_SAMPLE_RATE_HZ && told <= MAX_SAMPLE_RATE_HZ;
  const { mixType, mix = mixType } = parameters as ForeignObject;
  return {
    sampleRateHz: isRate ? told : DEFAULT_RATE_HZ,
    mix: mix === 'stereo' || mix === 'mixed' ? mix : 'mono',
    parameters,
  };
}

/**
 * The rate that the settings name, in Hz: `rate`, in kHz with a `k`; jambonz's `sampleRate`; or that of Vonage's
 * `content-type`. Null: none.
 */
function rateOf({ rate, sampleRate, 'content-type': type }: ForeignObject): number | null {
  if (typeof rate === 'string' && /^\d{1,2}k$/.test(rate)) return 1000 * Number.parseInt(rate, 10);
  const inType = typeof type === 'string' ? /^audio\/l16;\s?rate=(\d{4,6})$/i.exec(type)?.[1] : undefined;
  return numberOf(rate) ?? numberOf(sampleRate) ?? (inType === undefined ? null : Number.parseInt(inType, 10));
}

function parseMetadata(text: string | null): ForeignObject {
  if (text === null || textOf(text, 64 * 1024) === null) return {};
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return {};
  }
}
