import type { Participant } from '../../../../client-sdk/protocol/index.ts';
import type { TranscriptCue } from '../transcript-cue.ts';

/** Who speaks in a recording, where each is heard, and whose words are whose. */
export interface AnalysisPlan {
  /** At least one. The picture belongs to the first. */
  readonly lanes: readonly Lane[];
  /** By the time of their last word. */
  readonly cues: readonly PlacedCue[];
}

/** One participant of the analysis. */
export interface Lane {
  readonly participant: Participant;
  readonly sound: LaneSound;
}

/** What a participant's audio is made of. */
export interface LaneSound {
  /** Channels that are mixed. Empty: no audio. */
  readonly channels: readonly number[];
  /** Factor on the samples. */
  readonly gain: number;
  /** 1 for each step of the survey in which the participant is heard. 0: silence. Null: heard throughout. */
  readonly heard: Uint8Array | null;
}

/** A cue that the analysis will be given. */
export interface PlacedCue extends TranscriptCue {
  /** `cue-<number>`, with `.<number>` behind it for a part of a cue. */
  readonly id: string;
  /** Index of its lane. */
  readonly lane: number;
  /** Whether something is heard there during it, although perhaps too quietly for the voice-activity model. */
  readonly isHeard: boolean;
}

/** The plan of a recording whose speakers are known: one per channel, or a single one for all channels mixed. */
export function planOfSpeakers(
  channelCount: number,
  speakers: readonly Participant[],
  transcript: readonly TranscriptCue[],
): AnalysisPlan {
  const all = Array.from({ length: channelCount }, (_, channel) => channel);
  const lanes = speakers.map((participant, index): Lane => {
    const channels = speakers.length === 1 ? all : all.slice(index, index + 1);
    return { participant, sound: { channels, gain: 1, heard: null } };
  });
  const cues = transcript.map((cue, index): PlacedCue => {
    const lane = speakers.findIndex(({ displayName }) => isSameName(displayName, cue.speaker));
    return { ...cue, id: `cue-${index}`, lane: Math.max(0, lane), isHeard: false };
  });
  return { lanes, cues: cues.sort((a, b) => a.endMs - b.endMs) };
}

export function isSameName(name: string | null | undefined, other: string | null | undefined): boolean {
  if (name === null || name === undefined || other === null || other === undefined) return false;
  return name.trim().toLowerCase() === other.trim().toLowerCase();
}
