import type { Subscription } from 'rxjs';
import type { Participant } from '../../../client-sdk/protocol/index.ts';
import type { SpeakerEncoder } from '../../../models/index.ts';
import type { Clock, MediaFrame, TranscriptSegment } from '../../../pipeline/index.ts';
import { STEP_MS } from '../file/placement/voice-activity.ts';
import { splitByVoice } from '../file/placement/voices/split-by-voice.ts';
import { partId, SegmentParts } from '../transcripts/segment-parts.ts';
import { type SplitSound, TrackSplitter } from './track-splitter.ts';

export interface SplitTrackOptions {
  readonly encoder: SpeakerEncoder;
  readonly clock: Clock;
  readonly emit: (frame: MediaFrame) => void;
  readonly addSpeaker: (of: Participant) => Participant | null;
  readonly onHeld: (bytes: number) => void;
  readonly onFailure: (cause: unknown) => void;
}

/** Final segments that wait until it is decided who said them. A further one lets the oldest go. */
const MAX_WORDS = 64;
/** How long words wait where no sound comes, in ms of wall-clock time. */
const WORDS_WAIT_MS = 4000;
const RATE_HZ = 16_000;

/** One participant's audio and words, divided between it and a second participant. */
export class SplitTrack {
  readonly #options: SplitTrackOptions;
  readonly #splitter: TrackSplitter;
  readonly #opened = new Map<string, MediaFrame & { readonly kind: 'track' }>();
  /** Tracks of the second participant, by the track that they were divided from. */
  readonly #seconds = new Set<string>();
  readonly #words: TranscriptSegment[] = [];
  readonly #parts = new SegmentParts();
  #second: Participant | null = null;
  #audioTrackId = '';
  #timer: Subscription | null = null;

  constructor(options: SplitTrackOptions) {
    this.#options = options;
    this.#splitter = new TrackSplitter({
      encoder: options.encoder,
      clock: options.clock,
      onSound: (sound) => this.#emitSound(sound),
      onHeld: options.onHeld,
      onFailure: options.onFailure,
    });
  }

  /** From now on all sound and words belong to the first participant. */
  stopSplitting(): void {
    this.#splitter.stopSplitting();
  }

  /** Takes a frame of one of the participant's tracks. */
  take(frame: MediaFrame): void {
    switch (frame.kind) {
      case 'track':
        this.#opened.set(frame.trackId, frame);
        if (frame.media === 'audio') this.#audioTrackId = frame.trackId;
        this.#options.emit(frame);
        return;
      case 'audio':
        this.#splitter.push(Math.round((frame.startMs * RATE_HZ) / 1000), frame.samples);
        return;
      case 'transcript':
        this.#takeWords(frame);
        return;
      case 'bound':
        this.#takeBound(frame.trackId, frame.startMs);
        return;
      default:
        this.#options.emit(frame);
    }
  }

  /** Nothing follows. `done` is called once all is told. */
  end(done: () => void): void {
    this.#splitter.end(() => {
      this.#sayWords(Number.POSITIVE_INFINITY);
      this.close();
      done();
    });
  }

  /** Forgets what waits. */
  close(): void {
    this.#timer?.unsubscribe();
    this.#timer = null;
    this.#splitter.close();
  }

  #takeBound(trackId: string, startMs: number): void {
    // The order of the divided sound tells the rest.
    if (startMs !== Number.POSITIVE_INFINITY) return;
    if (trackId === this.#audioTrackId) this.#splitter.end(() => this.#endTrack(trackId));
    else {
      this.#sayWords(Number.POSITIVE_INFINITY);
      this.#endTrack(trackId);
    }
  }

  #endTrack(trackId: string): void {
    const bound = { kind: 'bound', startMs: Number.POSITIVE_INFINITY } as const;
    this.#options.emit({ ...bound, trackId });
    if (this.#seconds.delete(trackId)) this.#options.emit({ ...bound, trackId: secondOf(trackId) });
  }

  #emitSound({ startSample, first, second }: SplitSound): void {
    const startMs = (startSample * 1000) / RATE_HZ;
    const sound = { kind: 'audio', startMs, sampleRateHz: RATE_HZ } as const;
    const trackId = second === null ? null : this.#openSecond(this.#audioTrackId, startMs);
    if (second !== null && trackId === null) for (let i = 0; i < first.length; i++) first[i]! += second[i]!;
    this.#options.emit({ ...sound, trackId: this.#audioTrackId, samples: first });
    if (second !== null && trackId !== null) this.#options.emit({ ...sound, trackId, samples: second });
    this.#sayWords(this.#splitter.decidedMs);
  }

  /** The second participant's track. Null: there is no room for that participant, so the voices stay one. */
  #openSecond(trackId: string, startMs: number): string | null {
    const second = secondOf(trackId);
    if (this.#seconds.has(trackId)) return second;
    const opened = this.#opened.get(trackId)!;
    this.#second ??= this.#options.addSpeaker(opened.participant);
    if (this.#second === null) {
      this.#splitter.stopSplitting();
      return null;
    }
    this.#seconds.add(trackId);
    this.#options.emit({ ...opened, trackId: second, startMs, participant: this.#second });
    return second;
  }

  #takeWords(segment: TranscriptSegment): void {
    if (!segment.final) {
      if (!this.#splitter.areTwo) this.#options.emit(segment);
      return;
    }
    this.#words.push(segment);
    this.#sayWords(this.#splitter.decidedMs);
    if (this.#words.length > MAX_WORDS) this.#say(this.#words.shift()!);
    const { clock } = this.#options;
    if (this.#words.length > 0) {
      this.#timer ??= clock.scheduler.schedule(() => {
        this.#timer = null;
        this.#sayWords(Number.POSITIVE_INFINITY);
      }, WORDS_WAIT_MS);
    }
  }

  /** Passes on the words that end before a time. */
  #sayWords(untilMs: number): void {
    for (let index = 0; index < this.#words.length; ) {
      if (this.#words[index]!.endMs > untilMs) index += 1;
      else this.#say(this.#words.splice(index, 1)[0]!);
    }
    if (this.#words.length > 0) return;
    this.#timer?.unsubscribe();
    this.#timer = null;
  }

  #say(segment: TranscriptSegment): void {
    const { segmentId, trackId } = segment;
    const cue = { ...segment, speaker: null };
    const known = this.#parts.firstOf(segment);
    const isKept = known !== undefined && (segment.text.trim() === '' || !this.#splitter.remembers(segment.startMs));
    const cues = isKept ? [{ cue }] : splitByVoice({ id: segmentId, cue }, (ms) => this.#splitter.voiceAt(ms));
    const parts = cues.map(({ cue: { startMs, endMs, text, words } }, index) => ({
      kind: 'transcript' as const,
      trackId: isKept ? known.trackId : this.#trackOf(trackId, startMs, endMs),
      segmentId: partId(segmentId, index),
      startMs,
      endMs,
      text,
      final: true,
      ...(words !== undefined && { words }),
    }));
    for (const old of this.#parts.replace(segment, parts)) {
      const { startMs, endMs } = segment;
      this.#options.emit({ kind: 'transcript', ...old, startMs, endMs, text: '', final: true });
    }
    for (const part of parts) this.#options.emit(part);
  }

  #trackOf(trackId: string, startMs: number, endMs: number): string {
    return this.#voiceDuring(startMs, endMs) === 1 ? (this.#openSecond(trackId, startMs) ?? trackId) : trackId;
  }

  #voiceDuring(startMs: number, endMs: number): number {
    let leaning = 0;
    const lastMs = Math.min(endMs, startMs + 60_000);
    for (let ms = startMs; ms <= lastMs; ms += STEP_MS) leaning += this.#splitter.voiceAt(ms) === 1 ? 1 : -1;
    return leaning > 0 ? 1 : 0;
  }
}

function secondOf(trackId: string): string {
  return `${trackId}~2`;
}
