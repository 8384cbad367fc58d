import type { Participant } from '../../client-sdk/protocol/index.ts';
import { VAD_FRAME_SAMPLES, type VoiceActivityModel } from '../../models/index.ts';
import type { MediaFrame, TrackOpened } from '../media/media-frame.ts';
import { samplesToMs } from '../media/media-time.ts';
import type { MemoryAccount } from '../support/memory-account.ts';
import type { PipelineDecision } from '../support/pipeline-observer.ts';
import type { BoundaryOptions } from './boundaries.ts';
import { charactersOf } from './late-transcripts.ts';
import { hasPending, isAudioFollowed, isHeld, openWindow, type ParticipantWindow, step } from './participant-window.ts';
import { Timeline } from './timeline.ts';
import type { UtteranceSignal } from './utterance.ts';
import { UtteranceFeed } from './utterance-feed.ts';
import { VoiceScorer } from './voice-scorer.ts';
import type { WindowDecision, WindowInput } from './window-decision.ts';

/** Why the window stage left something out. */
export type WindowDropReason =
  /** Audio frames that left the timeline before they were decided on. */
  | 'timeline-overflow'
  /** Pictures that left the timeline before it was decided whether they belong to an utterance. */
  | 'image-overflow'
  /** Final words where nobody was heard. */
  | 'unmatched-transcript'
  /** Audio frames that the voice-activity model failed on; they count as silence. */
  | 'voice-activity-failed';

export interface WindowDropDetails {
  /** The error of the voice-activity model. */
  readonly cause?: unknown;
  /** The segments that were left out. */
  readonly segmentIds?: readonly string[];
}

/** What the window decided, and why. */
export type WindowReport = Omit<PipelineDecision, 'stage'>;

export interface ParticipantLaneOptions extends BoundaryOptions {
  readonly voiceActivity: VoiceActivityModel;
  readonly timelineMs: number;
  readonly imageBytes: number;
  readonly emit: (signal: UtteranceSignal) => void;
  readonly now: () => number;
  readonly onDrop: (reason: WindowDropReason, count: number, details?: WindowDropDetails) => void;
  /** Told what was decided and why. Left out: nobody reads it. */
  readonly onDecision?: ((decision: WindowReport) => void) | undefined;
  readonly memory: MemoryAccount;
}

const BYTES_PER_CHARACTER = 2;

/**
 * The edge around one participant's window: keeps the media, has the voice scored, gives the window its inputs and
 * carries out its decisions. Media is taken at once; the audio's decisions are made in {@link takeTurn}, one frame at a
 * time, when {@link isReady}.
 */
export class ParticipantLane {
  readonly #options: ParticipantLaneOptions;
  readonly #window: ParticipantWindow;
  readonly #timeline: Timeline;
  readonly #feed: UtteranceFeed;
  readonly #scorer: VoiceScorer;
  /** The next frame to decide. */
  #decidedIndex = 0;
  /** How the audio ends once all of it is decided; null while more may come. */
  #audioEnd: 'silence' | 'track-end' | null = null;
  #wordsArrivedAtMs = 0;
  #heldCharacters = 0;
  /** Whether others wait for this lane: false once it was given up on, until it has caught up. */
  isLagging = false;

  constructor(participant: Participant, options: ParticipantLaneOptions) {
    const { voiceActivity, timelineMs, imageBytes, emit, onDrop, memory } = options;
    this.#options = options;
    this.#window = openWindow(participant, options);
    this.#timeline = new Timeline({
      timelineMs,
      imageBytes,
      memory,
      onImageDrop: ({ startMs }) => {
        // An open utterance has its pictures already. Those before the decided voice belong to none.
        if (!this.#feed.isOpen && startMs >= this.positionMs) onDrop('image-overflow', 1);
      },
    });
    this.#feed = new UtteranceFeed(this.#timeline, emit);
    this.#scorer = new VoiceScorer(voiceActivity, this.#timeline, (frames, cause) =>
      onDrop('voice-activity-failed', frames, { cause }),
    );
  }

  get participantId(): string {
    return this.participant.id;
  }

  /** Who is heard and seen. */
  get participant(): Participant {
    return this.#window.participant;
  }

  /** Media time up to which all is decided, ms; `Infinity` while there is no audio to follow. */
  get positionMs(): number {
    return isAudioFollowed(this.#window) ? samplesToMs(this.#window.positionSample) : Number.POSITIVE_INFINITY;
  }

  /** Audio that waits for its decision, in ms. */
  get backlogMs(): number {
    return samplesToMs((this.#timeline.endIndex - this.#decidedIndex) * VAD_FRAME_SAMPLES);
  }

  /** End of the next frame to decide, in samples: the order in which lanes take turns. */
  get turnSample(): number {
    const isFrameNext = !hasPending(this.#window) && (this.#hasFrames() || this.#expectsAudio());
    return this.#window.positionSample + (isFrameNext ? VAD_FRAME_SAMPLES : 0);
  }

  /** Whether lanes whose turn comes later wait for this one. */
  get isAwaited(): boolean {
    return !this.isLagging && (this.#expectsAudio() || this.#audioEnd === 'track-end' || hasPending(this.#window));
  }

  /** Media time of the oldest audio that the voice-activity model works on, ms; `Infinity` if it has none. */
  get pendingFromMs(): number {
    return this.#scorer.pendingFromMs;
  }

  /** Whether whole frames wait for the voice-activity model. */
  get isBeingScored(): boolean {
    return this.#scorer.isBehind;
  }

  /** Whether a decision waits for the participant's pictures. */
  get isHeld(): boolean {
    return isHeld(this.#window);
  }

  /** Whether the lane has told all it can, after its tracks have ended. */
  get isDone(): boolean {
    return this.#window.audio === 'absent' && !hasPending(this.#window);
  }

  get isReady(): boolean {
    if (hasPending(this.#window)) return !this.isHeld;
    if (!this.#hasFrames()) return this.#audioEnd !== null;
    return this.#decidedIndex < this.#timeline.firstIndex || this.#scorer.hasScored(this.#decidedIndex);
  }

  /** Takes a track, or a frame of an open one. */
  take(frame: MediaFrame): void {
    switch (frame.kind) {
      case 'track':
        this.#step({ kind: 'participant', participant: frame.participant });
        if (frame.media === 'audio') this.#audioEnd = null;
        this.#step({ kind: 'track-opened', track: frame });
        return;
      case 'audio':
        if (this.#trackId('audio') !== frame.trackId) return;
        this.#audioEnd = null;
        this.#step({ kind: 'audio-arrived', startMs: frame.startMs });
        this.#timeline.appendAudio(frame);
        this.#noteKept();
        return;
      case 'video':
        this.#step({ kind: 'picture-arrived', startMs: frame.startMs });
        this.#timeline.addImage(frame);
        this.#feed.addImage(frame);
        return;
      case 'transcript':
        if (frame.final) this.#wordsArrivedAtMs = this.#options.now();
        this.#step({ kind: 'words', segment: frame });
        return;
      case 'bound':
        this.#takeBound(frame.trackId, frame.startMs);
    }
  }

  /** No audio has arrived for long: what is open will be closed, and words speak for themselves. */
  stall(): void {
    if (!this.#expectsAudio()) return;
    this.#audioEnd = 'silence';
    const { participantId } = this;
    this.#options.onDecision?.({ participantId, decision: 'audio-stalled', mediaTimeMs: this.positionMs });
  }

  /** No interim words have come for long: they open nothing any more, and what they alone hold open is closed. */
  expireInterims(): void {
    this.#step({ kind: 'interims-expired' });
  }

  /** Others have waited long enough for this lane, or this lane for its pictures. */
  giveUp(): void {
    const decision = this.isHeld ? 'pictures-late' : 'not-waited-for';
    this.#options.onDecision?.({ participantId: this.participantId, decision });
    this.isLagging = true;
    if (this.isHeld) this.#step({ kind: 'pictures-late' });
  }

  /** Makes the next decision. */
  takeTurn(): void {
    if (hasPending(this.#window)) {
      this.#step({ kind: 'turn' });
    } else if (this.#hasFrames()) {
      this.#decideFrame();
    } else {
      const endedBy = this.#audioEnd!;
      this.#audioEnd = null;
      this.#step({ kind: 'audio-ended', endedBy });
    }
  }

  /** Sends what waits to the voice-activity model; `onScored` is called when a push has come back. */
  pump(onScored: () => void): void {
    this.#scorer.pump(onScored);
  }

  /** Nothing more of anything comes: words that still wait go where they fit best. */
  finish(): void {
    this.#step({ kind: 'finished' });
  }

  #expectsAudio(): boolean {
    return isAudioFollowed(this.#window) && this.#audioEnd === null;
  }

  #hasFrames(): boolean {
    return this.#decidedIndex < this.#timeline.endIndex;
  }

  #trackId(media: TrackOpened['media']): string {
    return this.#window.tracks.get(media)?.trackId ?? '';
  }

  #takeBound(trackId: string, startMs: number): void {
    if (trackId === this.#trackId('video')) this.#step({ kind: 'pictures-settled', untilMs: startMs });
    if (startMs !== Number.POSITIVE_INFINITY) {
      if (trackId === this.#trackId('transcript')) this.#step({ kind: 'words-settled', untilMs: startMs });
      return;
    }
    this.#step({ kind: 'track-ended', trackId });
    if (trackId !== this.#trackId('audio')) return;
    this.#audioEnd = 'track-end';
    this.#timeline.endRun();
    this.#noteKept();
  }

  #noteKept(): void {
    const fromSample = this.#timeline.firstSample;
    if (fromSample !== null && fromSample !== this.#window.keptFromSample)
      this.#step({ kind: 'audio-kept', fromSample });
  }

  #decideFrame(): void {
    const lostCount = Math.max(0, this.#timeline.firstIndex - this.#decidedIndex);
    if (lostCount > 0) this.#options.onDrop('timeline-overflow', lostCount);
    this.#decidedIndex += lostCount;
    const { startSample, startsRun, length } = this.#timeline.frame(this.#decidedIndex);
    if (lostCount > 0 || startsRun) this.#step({ kind: 'run-started', startSample });
    if (!this.#scorer.hasScored(this.#decidedIndex)) {
      this.#step({ kind: 'turn' });
      return;
    }
    const probability = this.#scorer.scoreOf(this.#decidedIndex);
    this.#decidedIndex += 1;
    this.#step({ kind: 'frame-scored', endSample: startSample + length, probability });
  }

  #step(input: WindowInput): void {
    let haveWordsChanged = input.kind === 'words';
    for (const decision of step(this.#window, input)) {
      this.#carryOut(decision);
      haveWordsChanged ||= decision.kind !== 'open' && decision.kind !== 'extend';
    }
    if (haveWordsChanged) this.#countWords();
  }

  #countWords(): void {
    const characters = charactersOf(this.#window.words);
    this.#options.memory.hold('words', (characters - this.#heldCharacters) * BYTES_PER_CHARACTER);
    this.#heldCharacters = characters;
  }

  #carryOut(decision: WindowDecision): void {
    const { emit, now, onDrop, onDecision } = this.#options;
    if (onDecision !== undefined && decision.kind !== 'extend') onDecision(toReport(decision, this.participantId));
    switch (decision.kind) {
      case 'open':
        this.#feed.open(decision);
        return;
      case 'extend':
        this.#feed.addAudio(this.#trackId('audio'), decision.untilSample, this.#decidedIndex);
        return;
      case 'close':
        this.#feed.close();
        emit({ ...decision, kind: 'closed', decidedAtMs: now() });
        return;
      case 'revise':
        emit({ ...decision, kind: 'transcribed', arrivedAtMs: this.#wordsArrivedAtMs });
        return;
      case 'discard':
        onDrop(decision.reason, decision.segmentIds.length, { segmentIds: decision.segmentIds });
    }
  }
}

function toReport(decision: Exclude<WindowDecision, { kind: 'extend' }>, participantId: string): WindowReport {
  switch (decision.kind) {
    case 'open': {
      const { utteranceId, openedBy, startSample } = decision;
      return {
        participantId,
        utteranceId,
        decision: 'opened',
        reason: openedBy,
        mediaTimeMs: samplesToMs(startSample),
      };
    }
    case 'discard':
      return {
        participantId,
        decision: 'words-discarded',
        reason: decision.reason,
        details: { count: decision.segmentIds.length },
      };
    default: {
      const { id: utteranceId, endedBy, endMs } = decision.utterance;
      const what = decision.kind === 'close' ? { decision: 'closed', reason: endedBy } : { decision: 'words-revised' };
      const details = { segments: decision.transcript.length };
      return { participantId, utteranceId, ...what, mediaTimeMs: endMs, details };
    }
  }
}
