import type { Participant } from '../../../client-sdk/index.ts';
import type { MediaFrame } from '../../../pipeline/index.ts';

/**
 * Something that a call sends. `atMs` is when it is sent and `startMs` is the moment that it describes, both in ms of
 * media time.
 */
export type CallItem =
  | {
      readonly kind: 'audio';
      readonly speaker: Participant;
      readonly atMs: number;
      readonly startMs: number;
      readonly sampleRateHz: number;
      /** Mono. */
      readonly samples: Float32Array;
    }
  | {
      readonly kind: 'picture';
      readonly speaker: Participant;
      readonly atMs: number;
      readonly startMs: number;
      readonly jpeg: Uint8Array;
    }
  | {
      readonly kind: 'words';
      readonly speaker: Participant;
      readonly atMs: number;
      readonly segmentId: string;
      readonly startMs: number;
      readonly endMs: number;
      readonly text: string;
    };

/** Length of an audio packet in ms, as in telephony and WebRTC. */
export const PACKET_MS = 20;

/** Cuts samples into packets. Each packet is sent when its last sample has been heard. */
export function audioItems(
  speaker: Participant,
  samples: Float32Array,
  sampleRateHz: number,
  startMs = 0,
): Extract<CallItem, { kind: 'audio' }>[] {
  const packetSamples = (sampleRateHz * PACKET_MS) / 1000;
  return Array.from({ length: Math.ceil(samples.length / packetSamples) }, (_, index) => {
    const packetStartMs = startMs + index * PACKET_MS;
    return {
      kind: 'audio',
      speaker,
      atMs: packetStartMs + PACKET_MS,
      startMs: packetStartMs,
      sampleRateHz,
      samples: samples.slice(index * packetSamples, (index + 1) * packetSamples),
    };
  });
}

/** Pictures at an even pace from `fromMs` to `untilMs`. They repeat when they run out. */
export function pictureItems(
  speaker: Participant,
  jpegs: readonly Uint8Array[],
  { fromMs = 0, untilMs, perSecond = 6 }: { fromMs?: number; untilMs: number; perSecond?: number },
): CallItem[] {
  return Array.from({ length: Math.ceil(((untilMs - fromMs) * perSecond) / 1000) }, (_, index) => {
    const startMs = fromMs + (index * 1000) / perSecond;
    return { kind: 'picture', speaker, atMs: startMs, startMs, jpeg: jpegs[index % jpegs.length]! };
  });
}

/** Sorts items by the time at which they are sent. */
export function byArrival(items: readonly CallItem[]): CallItem[] {
  return [...items].sort((a, b) => a.atMs - b.atMs);
}

const MEDIA = { audio: 'audio', picture: 'video', words: 'transcript' } as const;

/** Name of an item's track, unique in the call. */
export function trackIdOf({ speaker, kind }: CallItem): string {
  return `${speaker.id}/${MEDIA[kind]}`;
}

/**
 * Converts the items into frames for the pipeline, with the tracks announced first. Samples are copied, because the
 * pipeline owns its frames.
 */
export function toFrames(items: readonly CallItem[]): MediaFrame[] {
  const opened = new Map<string, MediaFrame>();
  for (const item of items) {
    const trackId = trackIdOf(item);
    const track = { kind: 'track', trackId, startMs: 0, media: MEDIA[item.kind], participant: item.speaker } as const;
    if (!opened.has(trackId)) opened.set(trackId, track);
  }
  return [...opened.values(), ...items.map(toFrame)];
}

function toFrame(item: CallItem): MediaFrame {
  const trackId = trackIdOf(item);
  const { startMs } = item;
  if (item.kind === 'audio') {
    return { kind: 'audio', trackId, startMs, sampleRateHz: item.sampleRateHz, samples: item.samples.slice() };
  }
  if (item.kind === 'picture') {
    return { kind: 'video', trackId, startMs, image: { encoding: 'jpeg', bytes: item.jpeg } };
  }
  const { segmentId, endMs, text } = item;
  return { kind: 'transcript', trackId, segmentId, startMs, endMs, text, final: true };
}
