import type { Participant, UtteranceEndReason } from '../../client-sdk/protocol/index.ts';
import { VAD_FRAME_SAMPLES, type VoiceActivityModel } from '../../models/index.ts';
import type { AudioChunk, TrackBound, TrackOpened, TranscriptSegment, VideoImage } from '../media/media-frame.ts';
import { msToSamples, samplesToMs } from '../media/media-time.ts';
import type { MemoryAccount } from '../support/memory-account.ts';
import { ClosedUtterances } from './closed-utterances.ts';
import { Timeline } from './timeline.ts';
import { TrackSet } from './track-set.ts';
import type { UtteranceSignal } from './utterance.ts';
import { type BoundaryEvent, UtteranceBoundaries, type UtteranceBoundaryOptions } from './utterance-boundaries.ts';
import { UtteranceFeed } from './utterance-feed.ts';
import { VoiceScorer } from './voice-scorer.ts';
import { WordUtterances } from './word-utterances.ts';

/** Why the window stage left something out. */
export type WindowDropReason =
  /** Audio frames that left the timeline before they were decided on. */
  | 'timeline-overflow'
  | 'image-overflow'
  /** Final words where nobody was heard. */
  | 'unmatched-transcript'
  /** Audio frames that the voice-activity model refused; they count as silence. */
  | 'voice-activity-failed';

export interface ParticipantLaneOptions extends UtteranceBoundaryOptions {
  readonly voiceActivity: VoiceActivityModel;
  readonly timelineMs: number;
  readonly imageBytes: number;
  readonly emit: (signal: UtteranceSignal) => void;
  readonly now: () => number;
  readonly onDrop: (reason: WindowDropReason, count: number) => void;
  readonly memory: MemoryAccount;
}

/**
 * One participant's way from media to utterances. Media is taken at once; decisions are made in {@link step}, one
 * audio frame at a time, when {@link isReady}.
 */
export class ParticipantLane {
  readonly #onDrop: ParticipantLaneOptions['onDrop'];
  readonly #tracks = new TrackSet();
  readonly #timeline: Timeline;
  readonly #feed: UtteranceFeed;
  readonly #scorer: VoiceScorer;
  readonly #boundaries: UtteranceBoundaries;
  readonly #closed: ClosedUtterances;
  readonly #words: WordUtterances;
  /** Decisions that are not yet told, because pictures of the utterance may still come. */
  readonly #pending: BoundaryEvent[] = [];
  #decidedIndex = 0;
  #positionSample = 0;
  #audio: 'absent' | 'heard' | 'stalling' | 'stalled' | 'ending' = 'absent';
  #videoBoundMs = Number.POSITIVE_INFINITY;
  #isVideoLagging = false;
  /** Whether others wait for this lane: false once it was given up on, until it has caught up. */
  isLagging = false;

  constructor(participant: Participant, options: ParticipantLaneOptions) {
    const { voiceActivity, timelineMs, imageBytes, emit, now, onDrop, memory } = options;
    this.#onDrop = onDrop;
    this.#timeline = new Timeline({ timelineMs, imageBytes, onImageDrop: () => onDrop('image-overflow', 1), memory });
    this.#feed = new UtteranceFeed(participant, this.#timeline, emit);
    this.#scorer = new VoiceScorer(voiceActivity, this.#timeline, (frames) => onDrop('voice-activity-failed', frames));
    this.#boundaries = new UtteranceBoundaries(options);
    this.#closed = new ClosedUtterances({ emit, now, onUnmatched: () => onDrop('unmatched-transcript', 1), memory });
    this.#words = new WordUtterances({
      boundaries: this.#boundaries,
      closed: this.#closed,
      timeline: this.#timeline,
      positionSample: () => this.#positionSample,
      undecidedFromMs: () => this.#undecidedFromMs(),
      isVoiceExpected: () => this.#isVoiceExpected(),
      isPending: () => this.#pending.length > 0,
      decide: (events) => this.#decide(events),
      speak: (startSample, endSample) => {
        this.#feed.openWords(startSample, endSample);
        this.#tellClosed(endSample, 'transcript-final');
      },
    });
  }

  /** Who is heard and seen. */
  get participant(): Participant {
    return this.#feed.participant;
  }

  /** Tells the participant's role and name anew: they count from the next utterance on. */
  introduce(participant: Participant): void {
    this.#feed.participant = participant;
  }

  /** Media time up to which all is decided, ms; `Infinity` while there is no audio to follow. */
  get positionMs(): number {
    return this.#isVoiceExpected() ? samplesToMs(this.#positionSample) : Number.POSITIVE_INFINITY;
  }

  /** Audio that waits for its decision, in ms. */
  get backlogMs(): number {
    return samplesToMs((this.#timeline.endIndex - this.#decidedIndex) * VAD_FRAME_SAMPLES);
  }

  /** End of the next frame to decide, in samples: the order in which lanes take turns. */
  get turnSample(): number {
    const isFrameNext = this.#pending.length === 0 && (this.#hasFrames() || this.#audio === 'heard');
    return this.#positionSample + (isFrameNext ? VAD_FRAME_SAMPLES : 0);
  }

  /** Whether lanes whose turn comes later wait for this one. */
  get isAwaited(): boolean {
    return !this.isLagging && (this.#audio === 'heard' || this.#audio === 'ending' || this.#pending.length > 0);
  }

  /** Whether whole frames wait for the voice-activity model. */
  get isBeingScored(): boolean {
    return this.#scorer.isBehind;
  }

  /** Whether a decision waits for the participant's pictures. */
  get isHeld(): boolean {
    return this.#pending.length > 0 && !this.#canTell(this.#pending[0]!);
  }

  /** Whether the lane has told all it can, after its tracks have ended. */
  get isDone(): boolean {
    return this.#audio === 'absent' && this.#pending.length === 0;
  }

  get isReady(): boolean {
    if (this.#pending.length > 0) {
      return !this.isHeld;
    }
    if (this.#hasFrames()) {
      const oldest = this.#timeline.firstIndex;
      return this.#decidedIndex < oldest || !Number.isNaN(this.#timeline.frame(this.#decidedIndex).probability);
    }
    return this.#audio === 'stalling' || this.#audio === 'ending';
  }

  openTrack(track: TrackOpened): void {
    this.#tracks.open(track);
    if (track.media === 'video') {
      this.#videoBoundMs = track.startMs;
    } else if (track.media === 'audio') {
      this.#hear();
      this.#positionSample = Math.max(this.#positionSample, msToSamples(track.startMs));
    }
  }

  addAudio(chunk: AudioChunk): void {
    if (!this.#tracks.isCurrent('audio', chunk.trackId)) {
      return;
    }
    this.#hear();
    this.#tracks.reach('audio', chunk.startMs);
    this.#timeline.appendAudio(chunk);
  }

  addImage(image: VideoImage): void {
    this.#tracks.reach('video', image.startMs);
    this.#timeline.addImage(image);
    this.#feed.addImage(image);
  }

  addTranscript(segment: TranscriptSegment): void {
    this.#tracks.reach('transcript', segment.startMs);
    if (segment.final) this.#words.addFinal(segment);
    else this.#words.addInterim(segment);
  }

  /** No interim words have come for long: they open nothing any more, and what they alone hold open is closed. */
  expireInterims(): void {
    this.#words.expire('silence');
  }

  addBound(bound: TrackBound): void {
    const media = this.#tracks.mediaOf(bound.trackId);
    if (media === 'video') {
      this.#videoBoundMs = bound.startMs;
      this.#isVideoLagging = false;
    }
    if (bound.startMs === Number.POSITIVE_INFINITY) {
      this.#tracks.close(bound.trackId);
      if (media === 'audio') {
        this.#audio = 'ending';
        this.#timeline.endRun();
      } else if (media === 'transcript') {
        this.#words.expire('track-end');
      }
    }
  }

  /** No audio has arrived for long: what is open will be closed, and words speak for themselves. */
  stall(): void {
    if (this.#audio === 'heard') {
      this.#audio = 'stalling';
    }
  }

  /** Others have waited long enough for this lane, or this lane for its pictures. */
  giveUp(): void {
    this.isLagging = true;
    this.#isVideoLagging = this.#isVideoLagging || this.isHeld;
  }

  /** Makes the next decision. */
  step(): void {
    if (this.#pending.length > 0) {
      this.#decide([]);
    } else if (this.#hasFrames()) {
      this.#decideFrame();
    } else {
      this.#endAudio();
    }
    this.#words.place();
  }

  /** Sends what waits to the voice-activity model; `onScored` is called when a push has come back. */
  pump(onScored: () => void): void {
    this.#scorer.pump(onScored);
  }

  /** Nothing more of anything comes: words that still wait go where they fit best. */
  finish(): void {
    this.#closed.settle(Number.POSITIVE_INFINITY);
  }

  /** Audio comes: an utterance that words opened without it ends here. */
  #hear(): void {
    if (!this.#isVoiceExpected()) this.#decide(this.#boundaries.end(this.#positionSample, 'silence'));
    this.#audio = 'heard';
  }

  #isVoiceExpected(): boolean {
    return this.#audio !== 'absent' && this.#audio !== 'stalled';
  }

  #hasFrames(): boolean {
    return this.#decidedIndex < this.#timeline.endIndex;
  }

  #decideFrame(): void {
    const oldest = this.#timeline.firstIndex;
    const isTorn = this.#decidedIndex < oldest;
    if (isTorn) {
      this.#onDrop('timeline-overflow', oldest - this.#decidedIndex);
      this.#decidedIndex = oldest;
    }
    const frame = this.#timeline.frame(this.#decidedIndex);
    if (isTorn || frame.startsRun) {
      this.#pending.push(...this.#boundaries.end(this.#positionSample, 'silence'));
      this.#boundaries.restart(frame.startSample);
    }
    if (Number.isNaN(frame.probability)) {
      this.#decide([]);
      return;
    }
    this.#decidedIndex += 1;
    this.#positionSample = frame.startSample + frame.length;
    this.#decide(this.#boundaries.push(frame.probability));
  }

  #endAudio(): void {
    const isEnd = this.#audio === 'ending';
    this.#audio = isEnd ? 'absent' : 'stalled';
    this.#decide(this.#boundaries.end(this.#positionSample, isEnd ? 'track-end' : 'silence'));
  }

  /** Tells decisions in order as far as their pictures are there, then hands on the open utterance's audio. */
  #decide(events: readonly BoundaryEvent[]): void {
    this.#pending.push(...events);
    while (this.#pending.length > 0 && this.#canTell(this.#pending[0]!)) {
      const event = this.#pending.shift()!;
      if (event.kind === 'opened') {
        if (this.#isVoiceExpected()) this.#feed.openVoice(event.startSample, this.#decidedIndex - 1);
        else this.#feed.openWords(event.startSample);
      } else {
        this.#tellClosed(event.endSample, event.endedBy);
      }
    }
    if (this.#pending.length === 0) this.#emitAudio(this.#positionSample);
  }

  #canTell(event: BoundaryEvent): boolean {
    return (
      event.kind === 'opened' ||
      this.#audio === 'stalled' ||
      this.#isVideoLagging ||
      this.#videoBoundMs >= samplesToMs(event.endSample)
    );
  }

  #tellClosed(endSample: number, endedBy: UtteranceEndReason): void {
    this.#emitAudio(endSample);
    const open = this.#feed.close();
    const startMs = samplesToMs(open.startSample);
    const endMs = samplesToMs(endSample);
    const utterance = { id: open.id, participant: open.participant, startMs, endMs, endedBy };
    const tracks = { ...this.#tracks.during(startMs), audio: open.hasAudio };
    this.#closed.close(utterance, tracks, Math.max(endMs, this.#undecidedFromMs()));
  }

  #emitAudio(untilSample: number): void {
    this.#feed.addAudio(this.#tracks.idOf('audio'), untilSample, this.#decidedIndex);
  }

  #undecidedFromMs(): number {
    const first = this.#pending[0];
    if (first !== undefined) {
      return samplesToMs(this.#feed.open?.startSample ?? first.startSample);
    }
    return samplesToMs(this.#boundaries.undecidedFromSample);
  }
}
