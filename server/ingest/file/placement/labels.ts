import type { Participant } from '../../../../client-sdk/protocol/index.ts';
import type { TranscriptCue } from '../transcript-cue.ts';
import { isSameName } from './analysis-plan.ts';
import { type StepRange, stepsOf } from './voice-activity.ts';

/** Most labels that get a lane. More are no names of people, but numbers of sentences or the like. */
const MAX_LABELS = 32;

/** Who a transcript says is speaking: a name, a channel, or both. */
export interface TranscriptLabel {
  readonly speaker: string | null;
  /** The channel that its name or number stands for, as an index into the channels. Null: none. */
  readonly channel: number | null;
  readonly cues: readonly StepRange[];
}

/**
 * The labels of a transcript in the order of their first cue, at most {@link MAX_LABELS}, and for each cue its label: -1
 * for one that has none of these.
 *
 * @param channels - the recording's channels that are analyzed.
 * @param named - the speakers of those channels; null where they have no names.
 * @param speakers - all speakers that the user named.
 */
export function labelsOf(
  transcript: readonly TranscriptCue[],
  channels: readonly number[],
  named: readonly Participant[] | null,
  speakers: readonly Participant[] | null = named,
): { readonly labels: readonly TranscriptLabel[]; readonly labelOfCue: readonly number[] } {
  const labels: { speaker: string | null; channel: number | null; cues: StepRange[] }[] = [];
  const indexes = new Map<string, number>();
  const labelOfCue = transcript.map((cue) => {
    const { channel } = cue;
    const speaker = cue.speaker ?? nameOfLostChannel(channel, channels, speakers);
    if (speaker === null && channel === undefined) return -1;
    const key = `${channel ?? ''}|${speaker?.trim().toLowerCase() ?? ''}`;
    let index = indexes.get(key);
    if (index === undefined && labels.length === MAX_LABELS) return -1;
    if (index === undefined) {
      index = labels.length;
      indexes.set(key, index);
      labels.push({ speaker, channel: channelOf(cue, channels, named), cues: [] });
    }
    labels[index]!.cues.push(stepsOf(cue));
    return index;
  });
  return { labels, labelOfCue };
}

/** What to call the speaker of a channel that was mixed into another. */
function nameOfLostChannel(
  channel: number | undefined,
  channels: readonly number[],
  speakers: readonly Participant[] | null,
): string | null {
  if (channel === undefined || (channels.includes(channel) && channels.length > 1)) return null;
  return speakers?.[channel]?.displayName ?? `Speaker ${channel + 1}`;
}

function channelOf(
  { speaker, channel }: TranscriptCue,
  channels: readonly number[],
  named: readonly Participant[] | null,
): number | null {
  const byNumber = channel === undefined ? -1 : channels.indexOf(channel);
  if (byNumber >= 0) return byNumber;
  const byName = named?.findIndex(({ displayName }) => isSameName(displayName, speaker)) ?? -1;
  if (byName >= 0) return byName;
  const byRole = named?.filter(({ role }) => role !== 'unknown' && isSameName(role, speaker)) ?? [];
  return byRole.length === 1 ? named!.indexOf(byRole[0]!) : null;
}
