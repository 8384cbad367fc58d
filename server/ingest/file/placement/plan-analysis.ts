import type { Participant } from '../../../../client-sdk/protocol/index.ts';
import type { Warn } from '../analysis-warning.ts';
import { defaultSpeakers } from '../speakers.ts';
import type { TranscriptCue } from '../transcript-cue.ts';
import { type AnalysisPlan, isSameName, type LaneSound, type PlacedCue } from './analysis-plan.ts';
import { findOwnSound } from './bleed.ts';
import { channelAt } from './channel-at.ts';
import { moveCue } from './container-clock.ts';
import { aboutCues, countOf } from './cue-account.ts';
import { divideLongCue } from './divide-long-cue.ts';
import { fitClock } from './fit-clock.ts';
import { labelsOf } from './labels.ts';
import { lanesOfChannels, speakersOfChannels } from './lanes-of-channels.ts';
import { type LabelMatch, matchLabels } from './match-labels.ts';
import { stretchCues } from './stretch-cues.ts';
import type { RecordingSurvey } from './survey-recording.ts';
import { gainOf, masked, measureLevel, STEP_MS, stepsOf, VoiceCounter } from './voice-activity.ts';
import { type ClockedCue, splitByVoice } from './voices/split-by-voice.ts';
import type { VoiceMasks } from './voices/tell-voices-apart.ts';

export interface PlanOptions {
  readonly survey: RecordingSurvey;
  /** Length of the recording, ms. */
  readonly durationMs: number;
  /** The speakers that the user named: one per channel, one for all channels mixed, or one per label. Null: none. */
  readonly named: readonly Participant[] | null;
  readonly transcript: readonly TranscriptCue[];
  /** Added to the times of all cues, ms. Null: estimated. */
  readonly offsetMs: number | null;
  /** Where each of two speakers of the only channel is heard. Default: they are not told apart by voice. */
  readonly voicesApart?: VoiceMasks | null;
}

/** A cue that starts this shortly after the sound may still belong to its last words, ms. */
const END_TOLERANCE_MS = 1000;
/** A cue moves to another channel if its own is voiced for less than the first share of it, the other for the second. */
const UNHEARD_SHARE = 0.1;
const HEARD_SHARE = 0.5;
/** Voiced steps of a cue that may become an utterance although the voice-activity model hears nobody. */
const LEAST_HEARD_STEPS = 2;

/**
 * Decides who speaks in a recording, where each is heard, and whose words are whose. Warns of what it had to guess.
 *
 * @throws RecordingError `speakers-mismatch`.
 */
export function planAnalysis(options: PlanOptions, warn: Warn): AnalysisPlan {
  const { survey, named, transcript, voicesApart = null } = options;
  const channelCount = survey.levelsDb.length;
  const channels = survey.sameAs.flatMap((same, channel) => (same === channel ? [channel] : []));
  if (channels.length < channelCount) warnOfCopies(channels.length, warn);
  const levels = channels.map((channel) => measureLevel(survey.levelsDb[channel]!));
  const ownSound = findOwnSound(
    channels.map((channel) => survey.levelsDb[channel]!),
    levels,
  );
  const voices = levels.map(({ voiced }, channel) => masked(voiced, ownSound[channel]!));
  const namesOfChannels = speakersOfChannels(named, channelCount, channels);

  const { labels: unmoved } = labelsOf(transcript, channels, namesOfChannels, named);
  const offsetMs = options.offsetMs ?? fitClock(transcript, named?.length === 1 ? [] : unmoved, voices, warn);
  const clocked = withinSound(transcript, offsetMs, soundEndMs(options), warn);
  const cues =
    voicesApart === null
      ? clocked
      : clocked.flatMap((each) => splitByVoice(each, (ms) => voicesApart[1][Math.floor(ms / STEP_MS)] ?? 0));
  if (channelCount === 0 || named?.length === 1) {
    const divided = cues.flatMap((each) => divideLongCue(each, voices));
    return planOfOne(options, channels, divided);
  }

  const { labels, labelOfCue } = labelsOf(
    cues.map(({ cue }) => cue),
    channels,
    namesOfChannels,
    named,
  );
  const matches = matchLabels(labels, voices);
  warnOfMatches(matches, warn);
  const heardLabels = labels.map((label, index) => ({ ...label, channel: matches[index]!.channel }));
  const { levelsDb } = survey;
  const shared = {
    channelCount,
    channels,
    levelsDb,
    levels,
    voices,
    ownSound,
    namesOfChannels,
    named,
    labels: heardLabels,
    voicesApart,
  };
  const { lanes, laneOf } = lanesOfChannels(shared, warn);

  const counters = voices.map((voiced) => new VoiceCounter(voiced));
  const relabelled: TranscriptCue[] = [];
  const heardAt = channelAt(voices);
  const divided = cues.flatMap((each, index) => {
    const label = labelOfCue[index]!;
    const own = label < 0 ? null : matches[label]!.channel;
    const ofChannels = own === null && voices.length > 1 ? splitByVoice(each, heardAt) : [each];
    const candidates = own === null ? voices : [voices[own]!];
    return ofChannels.flatMap((part) => divideLongCue(part, candidates)).map((part) => ({ ...part, label, own }));
  });
  const placed = divided.map(({ id, cue, label, own }): PlacedCue => {
    const channel = channelOfCue(cue, own, counters);
    if (own !== null && channel !== own) relabelled.push(transcript[Number.parseInt(id.slice(4), 10)]!);
    const steps = stepsOf(cue);
    const lane = laneOf(channel, channel === own ? label : -1, steps);
    const isHeard = counters[channel]!.between(steps.from, steps.to) >= LEAST_HEARD_STEPS;
    return { ...cue, id, lane, isHeard };
  });
  if (relabelled.length > 0) {
    const who = 'given to the one who is heard, because the labelled speaker is silent then';
    warn(aboutCues('cues-relabelled', `${countOf(relabelled)} ${who}`, relabelled));
  }
  const stretched = lanes.flatMap(({ sound }, lane) => {
    const own = placed.filter((cue) => cue.lane === lane).sort((a, b) => a.startMs - b.startMs);
    return stretchCues(own, voiceOf(sound, channels, voices));
  });
  return { lanes, cues: stretched.sort((a, b) => a.endMs - b.endMs) };
}

/** 1 per step in which a lane of one channel is voiced. */
function voiceOf({ channels: [own], heard }: LaneSound, channels: readonly number[], voices: readonly Uint8Array[]) {
  const voiced = voices[channels.indexOf(own!)]!;
  return masked(voiced, heard);
}

function soundEndMs({ survey, durationMs }: PlanOptions): number {
  return survey.levelsDb.length === 0 ? durationMs : survey.levelsDb[0]!.length * STEP_MS;
}

/** The cues that lie within the sound, by the recording's clock. Warns of the others. */
function withinSound(
  transcript: readonly TranscriptCue[],
  offsetMs: number,
  endMs: number,
  warn: Warn,
): readonly ClockedCue[] {
  const isInside = (cue: TranscriptCue) =>
    cue.startMs + offsetMs <= endMs + END_TOLERANCE_MS && cue.endMs + offsetMs >= 0;
  const outside = transcript.filter((cue) => !isInside(cue));
  if (outside.length > 0) {
    warn(aboutCues('cues-beyond-sound', `${countOf(outside)} left out: no sound is there`, outside));
  }
  return transcript.flatMap((cue, index) =>
    isInside(cue) ? [{ id: `cue-${index}`, cue: moveCue(cue, offsetMs) }] : [],
  );
}

/** The plan of a recording without sound, or with one speaker for all channels mixed. */
function planOfOne(
  { survey, named }: PlanOptions,
  channels: readonly number[],
  cues: readonly ClockedCue[],
): AnalysisPlan {
  const speakers = named ?? defaultSpeakers(0);
  const gains = channels.map((channel) => gainOf(survey.levelsDb[channel]!, null));
  const sound = { channels, gain: gains.length === 0 ? 1 : Math.min(...gains), heard: null };
  const lanes = speakers.map((participant, index) => ({
    participant,
    sound: index === 0 ? sound : { ...sound, channels: [] },
  }));
  const placed = cues.map(({ id, cue }): PlacedCue => {
    const lane = speakers.findIndex(({ displayName }) => isSameName(displayName, cue.speaker));
    return { ...cue, id, lane: Math.max(0, lane), isHeard: true };
  });
  return { lanes, cues: placed.sort((a, b) => a.endMs - b.endMs) };
}

/** The channel of its label, unless it is silent there and clearly heard elsewhere. Without a label: the most voiced one. */
function channelOfCue(cue: TranscriptCue, own: number | null, counters: readonly VoiceCounter[]): number {
  const { from, to } = stepsOf(cue);
  const shares = counters.map((counter) => counter.between(from, to) / (to - from));
  const best = shares.indexOf(Math.max(...shares));
  if (own === null) return best;
  return shares[own]! < UNHEARD_SHARE && shares[best]! >= HEARD_SHARE ? best : own;
}

function warnOfCopies(count: number, warn: Warn): void {
  warn({
    code: 'channels-alike',
    message: `${count === 1 ? 'all' : 'some'} channels hold the same sound; it is analyzed once. A transcript with speaker labels tells the speakers apart.`,
  });
}

function warnOfMatches(matches: readonly LabelMatch[], warn: Warn): void {
  if (matches.some(({ by }) => by === 'moved')) {
    warn({
      code: 'speakers-swapped',
      message:
        'the speakers seem swapped: labels of the transcript are heard in the channels of others. Words stay with the voice that says them, and the names are those of --speakers; change their order if the transcript is right.',
    });
  }
  if (matches.some(({ by }) => by === 'guessed')) {
    warn({
      code: 'speaker-unknown',
      message:
        'the voices do not tell which channel some labels of the transcript belong to; name the speakers with --speakers',
    });
  }
}
