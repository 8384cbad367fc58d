import { type ForeignObject, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';

/** What mod_audio_stream sends: the caller alone, both mixed into one channel, or a channel for each. */
export type StreamMix = 'mono' | 'mixed' | 'stereo';

/** What the server has to be told of a stream: the sound itself does not say. */
export interface StreamSettings {
  readonly sampleRateHz: 8000 | 16_000;
  readonly mix: StreamMix;
  /** Token, session, title, and ids, roles and names of the channels. */
  readonly parameters: ForeignObject;
}

/** The channels of each mix, in their order, and which party speaks on them; null: both. */
export const CHANNELS_OF_MIX = {
  mono: [{ name: 'caller', side: 'far' }],
  mixed: [{ name: 'call', side: null }],
  stereo: [
    { name: 'caller', side: 'far' },
    { name: 'callee', side: 'near' },
  ],
} as const satisfies Readonly<Record<StreamMix, readonly { name: string; side: 'far' | 'near' | null }[]>>;

/**
 * Reads what the address says (`?rate=16000&mix=stereo`) and what the metadata does, which wins. Metadata is whatever
 * text the dial plan gives; what is no JSON object says nothing.
 */
export function readStreamSettings(url: string, metadata: string | null): StreamSettings {
  const { searchParams } = new URL(url, 'ws://any');
  // A token has no place in an address: addresses are logged on their way.
  searchParams.delete('token');
  const parameters = { ...Object.fromEntries(searchParams), ...parseMetadata(metadata) };
  const { rate, mix } = parameters as ForeignObject;
  const told = rate === '16k' ? 16_000 : numberOf(rate);
  return {
    sampleRateHz: told === 16_000 ? 16_000 : 8000,
    mix: mix === 'stereo' || mix === 'mixed' ? mix : 'mono',
    parameters,
  };
}

function parseMetadata(text: string | null): ForeignObject {
  if (text === null || textOf(text, 64 * 1024) === null) return {};
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return {};
  }
}
