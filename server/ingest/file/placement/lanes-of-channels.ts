import { PARTICIPANT_ROLES, type Participant } from '../../../../client-sdk/protocol/index.ts';
import type { Warn } from '../analysis-warning.ts';
import { RecordingError } from '../recording-error.ts';
import { isSameName, type Lane } from './analysis-plan.ts';
import { shareChannel } from './label-masks.ts';
import { type ChannelLevel, gainOf, masked, type StepRange, VoiceCounter } from './voice-activity.ts';
import type { VoiceMasks } from './voices/tell-voices-apart.ts';

/** A label of the transcript and the channel that it is heard in. */
export interface HeardLabel {
  readonly speaker: string | null;
  readonly cues: readonly StepRange[];
  /** An index into the channels that are analyzed. */
  readonly channel: number;
}

export interface LanesOptions {
  readonly channelCount: number;
  /** The channels that are analyzed, their levels, and the names that the user gave them; null: none. */
  readonly channels: readonly number[];
  readonly levelsDb: readonly Float32Array[];
  readonly levels: readonly ChannelLevel[];
  /** 1 per voiced step of each of these channels. */
  readonly voices: readonly Uint8Array[];
  /** 1 per step in which a channel does not only hear another one. Null: it hears no other. */
  readonly ownSound: readonly (Uint8Array | null)[];
  readonly namesOfChannels: readonly Participant[] | null;
  /** What the user named; null: nobody. */
  readonly named: readonly Participant[] | null;
  readonly labels: readonly HeardLabel[];
  /** Where each of two speakers of the only channel that is analyzed is heard. Null: they are not told apart by voice. */
  readonly voicesApart: VoiceMasks | null;
}

export interface LanesOfChannels {
  readonly lanes: readonly Lane[];
  /** The lane of words of a label (-1: of nobody known) that are heard in a channel. */
  readonly laneOf: (channel: number, label: number, cue: StepRange) => number;
}

/** A lane before it is numbered. */
interface Draft {
  readonly channel: number;
  /** Null: all labels of the channel, or nobody's voice. */
  readonly label: number | null;
  readonly participant: Omit<Participant, 'id'> | null;
  readonly heard: Uint8Array | null;
}

/** The speakers of the channels that are analyzed, where the user named one per channel. */
export function speakersOfChannels(
  named: readonly Participant[] | null,
  channelCount: number,
  channels: readonly number[],
): Participant[] | null {
  if (named === null || named.length !== channelCount || channels.length < Math.min(2, channelCount)) return null;
  return channels.map((channel) => named[channel]!);
}

/**
 * Gives each channel a lane, or one per label where several speak in a channel that the user did not name. A silent
 * channel gets none.
 *
 * @throws RecordingError `speakers-mismatch`.
 */
export function lanesOfChannels(options: LanesOptions, warn: Warn): LanesOfChannels {
  const { channelCount, channels, levels, namesOfChannels, named, labels } = options;
  const isAnyLabelled = labels.some(({ speaker }) => speaker !== null);
  const { voicesApart } = options;
  const hasUnusedNames = named !== null && namesOfChannels === null && voicesApart === null;
  if (hasUnusedNames && !isAnyLabelled && named.length !== channelCount) {
    throw RecordingError.speakers(
      `the recording has ${channelCount} ${channelCount === 1 ? 'channel' : 'channels'}, but --speakers names ${named.length} speakers; name one per channel, or one for all channels mixed`,
    );
  }
  const nameOf = namesForLabels(labels, hasUnusedNames ? named : null, warn);
  const isHeard = levels.map(({ isSilent }) => !isSilent);
  const drafts = channels.flatMap((_, channel): Draft[] => {
    const name = namesOfChannels?.[channel] ?? null;
    if (name !== null) return [{ channel, label: null, participant: name, heard: null }];
    const inside = labels.flatMap((label, index) =>
      label.channel === channel && label.speaker !== null ? [index] : [],
    );
    const speakers = new Set(inside.map((index) => labels[index]!.speaker!.trim().toLowerCase()));
    if (speakers.size < 2 && voicesApart !== null) {
      return voicesApart.map((heard, i) => ({ channel, label: null, participant: named?.[i] ?? null, heard }));
    }
    if (speakers.size < 2) {
      const participant = inside.length === 0 ? null : nameOf(inside[0]!);
      return [{ channel, label: null, participant, heard: null }];
    }
    const { masks, unnamed } = shareChannel(
      inside.map((index) => labels[index]!.cues),
      levels[channel]!.voiced,
    );
    const shared = inside.map((label, i): Draft => ({ channel, label, participant: nameOf(label), heard: masks[i]! }));
    return unnamed === null ? shared : [...shared, { channel, label: null, participant: null, heard: unnamed }];
  });

  const lanes: Lane[] = [];
  const laneOfDraft = new Map<Draft, number>();
  const used = new Set(drafts.flatMap(({ participant }) => participant?.displayName?.toLowerCase() ?? []));
  for (const [index, draft] of drafts.entries()) {
    if (!isHeard[draft.channel] && isHeard.includes(true)) continue;
    const { channel, participant } = draft;
    const ownSound = options.ownSound[channel]!;
    const heard = draft.heard === null ? ownSound : masked(draft.heard, ownSound);
    const known = participant ?? { role: 'unknown' as const, displayName: freeName(index, used) };
    const { role, displayName } = known;
    laneOfDraft.set(draft, lanes.length);
    lanes.push({
      participant: { id: `speaker-${index + 1}`, role, displayName },
      sound: { channels: [channels[channel]!], gain: gainOf(options.levelsDb[channels[channel]!]!, heard), heard },
    });
  }
  const counters = new Map<Draft, VoiceCounter>();
  for (const draft of laneOfDraft.keys()) {
    if (draft.heard !== null) counters.set(draft, new VoiceCounter(draft.heard));
  }
  const laneOf = (channel: number, label: number, { from, to }: StepRange): number => {
    const inChannel = drafts.filter((draft) => draft.channel === channel && laneOfDraft.has(draft));
    const own = inChannel.find((draft) => draft.label === label);
    const nearest = () =>
      inChannel.reduce<Draft | undefined>((best, draft) => {
        const at = (d: Draft | undefined) => (d === undefined ? -1 : (counters.get(d)?.between(from, to) ?? 0));
        return at(draft) > at(best) ? draft : best;
      }, undefined);
    const draft = own ?? nearest();
    return draft === undefined ? 0 : laneOfDraft.get(draft)!;
  };
  return { lanes, laneOf };
}

/** Whom each label stands for: a speaker that the user named, or the label itself. */
function namesForLabels(
  labels: readonly HeardLabel[],
  named: readonly Participant[] | null,
  warn: Warn,
): (label: number) => Omit<Participant, 'id'> {
  const matches = labels.map(
    ({ speaker }) => named?.find(({ displayName }) => isSameName(displayName, speaker)) ?? null,
  );
  for (const [index, { speaker }] of labels.entries()) {
    const byRole = named?.filter(({ role }) => role !== 'unknown' && isSameName(role, speaker)) ?? [];
    if (byRole.length === 1) matches[index] ??= byRole[0]!;
  }
  const speakers = [
    ...new Set(labels.map(({ speaker }) => speaker?.trim().toLowerCase()).filter((s) => s !== undefined)),
  ];
  const indexOf = (speaker: string) => labels.findIndex((label) => isSameName(label.speaker, speaker));
  const open = speakers.filter((speaker) => matches[indexOf(speaker)] === null);
  const free = named?.filter((participant) => !matches.includes(participant)) ?? [];
  if (free.length > 0) {
    const isClear = open.length === free.length;
    warn({
      code: 'speaker-unknown',
      message: isClear
        ? 'the labels of the transcript are not the names of --speakers; they were matched in the order in which they first speak'
        : 'the labels of the transcript are not the names of --speakers; give --speakers the names that the transcript has',
    });
    for (const [index, { speaker }] of labels.entries()) {
      const place = open.findIndex((other) => isSameName(other, speaker));
      if (isClear && place >= 0) matches[index] = free[place]!;
    }
  }
  return (label) => {
    const displayName = labels[label]!.speaker!.trim();
    const role = PARTICIPANT_ROLES.find((known) => isSameName(known, displayName)) ?? 'unknown';
    return matches[label] ?? { role, displayName };
  };
}

/** `Speaker <n>`, unless a label has taken that name. */
function freeName(index: number, used: Set<string>): string {
  let number = index + 1;
  while (used.has(`speaker ${number}`)) number += 1;
  used.add(`speaker ${number}`);
  return `Speaker ${number}`;
}
