import type { Participant, UtteranceEndReason } from '../../client-sdk/protocol/index.ts';
import type { TrackOpened, TranscriptSegment } from '../media/media-frame.ts';
import { msToSamples, samplesToMs } from '../media/media-time.ts';
import {
  addFinal,
  addFrame,
  type Boundaries,
  type Boundary,
  type BoundaryOptions,
  closeOpen,
  closeWords,
  createBoundaries,
  holdByWords,
  isHeldByWords,
  MIN_WORDS_SAMPLES,
  openByWords,
  type SampleRange,
  startAnew,
  undecidedFromSample,
} from './boundaries.ts';
import { addInterim, type InterimWords, settleInterim, takeInterim } from './interim-words.ts';
import {
  addClosed,
  addSegment,
  type LateTranscripts,
  type Placed,
  placeOf,
  placeWaiting,
  type TimeRange,
  TOLERANCE_MS,
  transcriptOf,
} from './late-transcripts.ts';
import type { WindowDecision, WindowInput } from './window-decision.ts';

type TrackMedia = TrackOpened['media'];

interface Track {
  readonly trackId: string;
  isOpen: boolean;
  /** Time of the newest frame, or of the end, ms. */
  reachedMs: number;
}

/** An utterance that was told open and not yet closed. */
interface OpenUtterance {
  readonly id: string;
  readonly participant: Participant;
  readonly startSample: number;
  readonly hasAudio: boolean;
}

/** All that decides one participant's utterances. Plain data: only {@link step} changes it. */
export interface ParticipantWindow {
  participant: Participant;
  /** The newest track of each kind. */
  readonly tracks: Map<TrackMedia, Track>;
  audio: 'absent' | 'followed' | 'stalled';
  /** How far the audio has been decided. */
  positionSample: number;
  /** Start of the oldest audio that is kept; null before the first. */
  keptFromSample: number | null;
  /** Their decisions wait here while pictures of the utterance may still come. */
  readonly boundaries: Boundaries;
  picturesUntilMs: number;
  arePicturesLate: boolean;
  /** The utterance that was told open last, until it is told closed. */
  told: OpenUtterance | null;
  /** No words that begin before this time follow, ms. */
  wordsUntilMs: number;
  readonly interims: InterimWords;
  readonly words: LateTranscripts;
}

/** A participant of whom nothing is known yet. */
export function openWindow(participant: Participant, options: BoundaryOptions): ParticipantWindow {
  return {
    participant,
    tracks: new Map(),
    audio: 'absent',
    positionSample: 0,
    keptFromSample: null,
    boundaries: createBoundaries(options),
    picturesUntilMs: Number.POSITIVE_INFINITY,
    arePicturesLate: false,
    told: null,
    wordsUntilMs: Number.NEGATIVE_INFINITY,
    interims: { waiting: new Map(), settled: new Set() },
    words: { closed: [], waiting: [] },
  };
}

/** Whether the participant's audio is followed, so that voice may still come. */
export function isAudioFollowed({ audio }: ParticipantWindow): boolean {
  return audio === 'followed';
}

/** Whether decisions wait to be told. */
export function hasPending({ boundaries }: ParticipantWindow): boolean {
  return boundaries.decided.length > 0;
}

/** Whether decisions wait for the participant's pictures. */
export function isHeld(window: ParticipantWindow): boolean {
  const first = window.boundaries.decided[0];
  return first !== undefined && !canTell(window, first);
}

/** Takes one input. The same inputs in the same order give the same decisions. */
export function step(window: ParticipantWindow, input: WindowInput): readonly WindowDecision[] {
  const decisions: WindowDecision[] = [];
  const { boundaries } = window;
  switch (input.kind) {
    case 'participant':
      window.participant = input.participant;
      return decisions;
    case 'track-opened':
      openTrack(window, input.track, decisions);
      return decisions;
    case 'track-ended':
      endTrack(window, input.trackId, decisions);
      return decisions;
    case 'audio-arrived':
      follow(window, decisions);
      reach(window, 'audio', input.startMs);
      return decisions;
    case 'audio-kept':
      window.keptFromSample = input.fromSample;
      return decisions;
    case 'picture-arrived':
      reach(window, 'video', input.startMs);
      return decisions;
    case 'pictures-settled':
      window.picturesUntilMs = input.untilMs;
      window.arePicturesLate = false;
      return decisions;
    case 'pictures-late':
      window.arePicturesLate = true;
      return decisions;
    case 'words-settled':
      window.wordsUntilMs = input.untilMs;
      return decisions;
    case 'interims-expired':
      expireInterims(window, 'silence', decisions);
      return decisions;
    case 'finished':
      revise(placeWaiting(window.words, Number.POSITIVE_INFINITY), decisions);
      return decisions;
    case 'run-started':
      startAnew(boundaries, window.positionSample, input.startSample);
      return decisions;
    case 'frame-scored':
      window.positionSample = input.endSample;
      addFrame(boundaries, input.probability);
      break;
    case 'audio-ended':
      window.audio = input.endedBy === 'track-end' ? 'absent' : 'stalled';
      closeOpen(boundaries, window.positionSample, input.endedBy);
      break;
    case 'words':
      takeWords(window, input.segment, decisions);
      break;
    case 'turn':
      break;
  }
  tell(window, decisions);
  placeWords(window, decisions);
  return decisions;
}

function openTrack(
  window: ParticipantWindow,
  { media, trackId, startMs }: TrackOpened,
  decisions: WindowDecision[],
): void {
  window.tracks.set(media, { trackId, isOpen: true, reachedMs: startMs });
  if (media === 'video') window.picturesUntilMs = startMs;
  if (media === 'transcript') window.wordsUntilMs = startMs;
  if (media !== 'audio') return;
  follow(window, decisions);
  window.positionSample = Math.max(window.positionSample, msToSamples(startMs));
}

/** A track ends at the time of the participant's newest frame: tracks like transcripts have gaps. */
function endTrack(window: ParticipantWindow, trackId: string, decisions: WindowDecision[]): void {
  const tracks = [...window.tracks.values()];
  const track = tracks.find((other) => other.trackId === trackId);
  if (track === undefined) return;
  if (track.isOpen) {
    track.isOpen = false;
    track.reachedMs = Math.max(...tracks.map(({ reachedMs }) => reachedMs));
  }
  // Its last frames may still wait for their scores, so it is followed until `audio-ended`.
  if (track === window.tracks.get('audio')) window.audio = 'followed';
  if (track === window.tracks.get('transcript')) expireInterims(window, 'track-end', decisions);
}

function reach({ tracks }: ParticipantWindow, media: TrackMedia, startMs: number): void {
  const track = tracks.get(media);
  if (track !== undefined) track.reachedMs = Math.max(track.reachedMs, startMs);
}

/** Whether a track of this kind was open at `startMs` or later. */
function hadTrack({ tracks }: ParticipantWindow, media: TrackMedia, startMs: number): boolean {
  const track = tracks.get(media);
  return track !== undefined && (track.isOpen || track.reachedMs >= startMs);
}

/** Audio arrives. An utterance that words opened without audio ends here. */
function follow(window: ParticipantWindow, decisions: WindowDecision[]): void {
  if (isAudioFollowed(window)) return;
  closeOpen(window.boundaries, window.positionSample, 'silence');
  tell(window, decisions);
  window.audio = 'followed';
}

function takeWords(window: ParticipantWindow, segment: TranscriptSegment, decisions: WindowDecision[]): void {
  reach(window, 'transcript', segment.startMs);
  if (segment.final) {
    settleInterim(window.interims, segment);
    revise(addSegment(window.words, segment, undecidedFromMs(window)), decisions);
    addFinal(window.boundaries, samplesOf(segment));
  } else {
    holdByWords(window.boundaries, samplesOf(segment));
    addInterim(window.interims, segment);
  }
}

/** Discards the pending interim words whose final ones have not come. Closes the utterance that they hold open, unless a voice may still join it. */
function expireInterims(window: ParticipantWindow, endedBy: UtteranceEndReason, decisions: WindowDecision[]): void {
  const haveFinals = new Set(window.words.waiting.map(({ segmentId }) => segmentId));
  for (const id of window.interims.waiting.keys()) if (!haveFinals.has(id)) window.interims.waiting.delete(id);
  if (!isAudioFollowed(window)) {
    closeOpen(window.boundaries, window.positionSample, endedBy);
    tell(window, decisions);
  }
  placeWords(window, decisions);
}

/** Assigns pending words to utterances. Words whose voice will not come become an utterance of their own. */
function placeWords(window: ParticipantWindow, decisions: WindowDecision[]): void {
  openByInterim(window, decisions);
  const { words } = window;
  if (words.waiting.length === 0) return;
  revise(placeWaiting(words, undecidedFromMs(window)), decisions);
  if (hasPending(window) || isAudioFollowed(window)) return;
  const unheard = words.waiting.filter(({ endMs }) => msToSamples(endMs) > window.positionSample);
  for (const segment of unheard.sort((a, b) => a.startMs - b.startMs)) {
    if (words.waiting.includes(segment)) openByFinal(window, samplesOf(segment), decisions);
  }
  openByInterim(window, decisions);
}

/**
 * Interim words open an utterance where their final words would find none. They do so at once where no voice is expected,
 * and otherwise when the voice has been followed past them. Final words that wait for the utterance close it.
 */
function openByInterim(window: ParticipantWindow, decisions: WindowDecision[]): void {
  const { boundaries } = window;
  const isFollowed = isAudioFollowed(window);
  while (boundaries.openSample === null && !hasPending(window)) {
    const range = takeInterim(window.interims, (words) => {
      const place = placeOf(window.words, words, undecidedFromMs(window));
      if (place === 'nowhere') return 'opens';
      if (place !== 'undecided') return 'forgotten';
      return isFollowed ? 'waits' : 'opens';
    });
    if (range === null) return;
    const startSample = startOfWords(window, range);
    const endSample = msToSamples(range.endMs);
    if (startSample === null || startSample >= endSample) continue;
    openByWords(boundaries, { startSample, endSample });
    if (isFollowed) for (const segment of window.words.waiting) addFinal(boundaries, samplesOf(segment));
    tell(window, decisions);
    return;
  }
}

/** Where an utterance of interim words may start; null if its audio is no longer kept. */
function startOfWords({ boundaries, audio, keptFromSample }: ParticipantWindow, { startMs }: TimeRange): number | null {
  const startSample = Math.max(msToSamples(startMs), boundaries.floorSample);
  if (audio !== 'followed') return startSample;
  if (keptFromSample === null || startSample < boundaries.speech.runStartSample) return null;
  return Math.max(startSample, keptFromSample);
}

/** Final words where no voice is followed close the open utterance, or become an utterance of their own. */
function openByFinal(window: ParticipantWindow, range: SampleRange, decisions: WindowDecision[]): void {
  const { boundaries } = window;
  if (isHeldByWords(boundaries, range)) {
    closeWords(boundaries, range.endSample);
    tell(window, decisions);
    return;
  }
  if (boundaries.openSample !== null && range.startSample >= undecidedFromSample(boundaries)) {
    // The recogniser has gone on without final words for what is open.
    closeOpen(boundaries, window.positionSample, 'silence');
    tell(window, decisions);
  }
  const startSample = Math.max(range.startSample, boundaries.floorSample);
  const endSample = Math.max(range.endSample, range.startSample + MIN_WORDS_SAMPLES);
  if (endSample - startSample < MIN_WORDS_SAMPLES || boundaries.openSample !== null || hasPending(window)) return;
  boundaries.floorSample = Math.max(boundaries.floorSample, endSample);
  tellOpen(window, { startSample, openedBy: 'words' }, endSample, decisions);
  tellClosed(window, endSample, 'transcript-final', decisions);
}

/** The time from which utterances may still begin or end, ms. Decisions that are not yet told count as undecided. */
function undecidedFromMs({ boundaries, told }: ParticipantWindow): number {
  const first = boundaries.decided[0];
  const undecidedSample = first === undefined ? undecidedFromSample(boundaries) : (told ?? first).startSample;
  return samplesToMs(undecidedSample);
}

/** Tells decisions in order while their pictures are there, then extends the open utterance. */
function tell(window: ParticipantWindow, decisions: WindowDecision[]): void {
  const { decided } = window.boundaries;
  while (decided.length > 0 && canTell(window, decided[0]!)) {
    const boundary = decided.shift()!;
    if (boundary.kind === 'opened') tellOpen(window, boundary, Number.POSITIVE_INFINITY, decisions);
    else tellClosed(window, boundary.endSample, boundary.endedBy, decisions);
  }
  if (decided.length === 0 && window.told?.hasAudio === true) {
    decisions.push({ kind: 'extend', untilSample: window.positionSample });
  }
}

function canTell({ audio, arePicturesLate, picturesUntilMs }: ParticipantWindow, boundary: Boundary): boolean {
  if (boundary.kind === 'opened' || audio === 'stalled' || arePicturesLate) return true;
  return picturesUntilMs >= samplesToMs(boundary.endSample);
}

function tellOpen(
  window: ParticipantWindow,
  { startSample: fromSample, openedBy }: Omit<Extract<Boundary, { kind: 'opened' }>, 'kind'>,
  picturesUntilSample: number,
  decisions: WindowDecision[],
): void {
  const { participant, keptFromSample } = window;
  const hasAudio = isAudioFollowed(window);
  const startSample = hasAudio ? Math.max(fromSample, keptFromSample ?? fromSample) : fromSample;
  const id = `${participant.id}-${Math.round(samplesToMs(startSample))}`;
  window.told = { id, participant, startSample, hasAudio };
  decisions.push({
    kind: 'open',
    utteranceId: id,
    participant,
    startSample,
    openedBy,
    hasAudio,
    picturesUntilSample,
  });
}

function tellClosed(
  window: ParticipantWindow,
  endSample: number,
  endedBy: UtteranceEndReason,
  decisions: WindowDecision[],
): void {
  const { id, participant, startSample, hasAudio } = window.told!;
  window.told = null;
  const [startMs, endMs] = [samplesToMs(startSample), samplesToMs(endSample)];
  const utterance = { id, participant, startMs, endMs, endedBy };
  const text = hadTrack(window, 'transcript', startMs) && window.wordsUntilMs < endMs + TOLERANCE_MS;
  const tracks = { text, audio: hasAudio, video: hadTrack(window, 'video', startMs) };
  const placed = addClosed(window.words, utterance, tracks, Math.max(endMs, undecidedFromMs(window)));
  if (hasAudio) decisions.push({ kind: 'extend', untilSample: endSample });
  decisions.push({ kind: 'close', utterance, tracks, transcript: transcriptOf(placed.closed) });
  revise(placed, decisions);
}

function revise({ revised, unmatched }: Placed, decisions: WindowDecision[]): void {
  for (const closed of revised) {
    const tracks = { ...closed.tracks, text: true };
    decisions.push({ kind: 'revise', utterance: closed.utterance, tracks, transcript: transcriptOf(closed) });
  }
  if (unmatched.length > 0) decisions.push({ kind: 'discard', reason: 'unmatched-transcript', segmentIds: unmatched });
}

function samplesOf({ startMs, endMs }: TimeRange): SampleRange {
  return { startSample: msToSamples(startMs), endSample: msToSamples(endMs) };
}
