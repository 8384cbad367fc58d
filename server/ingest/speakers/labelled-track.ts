import type { Subscription } from 'rxjs';
import type { Participant } from '../../../client-sdk/protocol/index.ts';
import type { AudioChunk, Clock, MediaFrame, TranscriptSegment } from '../../../pipeline/index.ts';
import { SegmentParts } from '../transcripts/segment-parts.ts';
import { GivenSound } from './given-sound.ts';
import { type Held, type HeldFrame, HeldMedia } from './held-media.ts';
import { SpeakerTurns } from './speaker-turns.ts';
import { VoiceWatch } from './voice-watch.ts';

export interface LabelledTrackOptions {
  readonly clock: Clock;
  readonly emit: (frame: MediaFrame) => void;
  readonly onHeld: (bytes: number) => void;
  /** Makes a participant for a further speaker. Null: the session takes no more. */
  readonly addSpeaker: (of: Participant) => Participant | null;
  /** Told when a further speaker got no participant. The words go to whoever is heard. */
  readonly onTooMany: (participantId: string) => void;
  /** Whether sound waits from the first label on. Otherwise it waits once there are two. */
  readonly isMix: () => boolean;
}

/** How long sound waits for the recogniser's final words, in ms of media time, and then of wall-clock time. */
const MAX_HOLD_MS = 20_000;
const MAX_HELD_BYTES = 4 * 1024 * 1024;
/** Sound without a voice waits this long, because the next voice begins softly, in ms. */
const ONSET_MS = 300;
/** A voice may go on this much behind the recogniser's last word, in ms. */
const TAIL_MS = 500;
/** Sound shorter than a word waits less long: it may be a noise. Both in ms. */
const SHORT_MS = 500;
const SHORT_HOLD_MS = 3000;
/** Speakers of one track. */
const MAX_SPEAKERS = 8;
/** How finely sound is divided, and how often the others are told that they are silent, in ms. */
const STEP_MS = 10;
const TELL_MS = 200;

type TrackFrame = MediaFrame & { readonly kind: 'track' };

/** A speaker of the track. The first one is the track's own participant. */
interface Speaker {
  readonly participant: Participant;
  /** Time up to which the speaker's sound is told, ms. */
  toldMs: number;
}

/**
 * One participant's media, divided between the speakers whom a recogniser tells apart. Sound waits until the recogniser's
 * final words say who speaks. Words go with their sound.
 */
export class LabelledTrack {
  readonly #options: LabelledTrackOptions;
  readonly #turns = new SpeakerTurns();
  readonly #given = new GivenSound();
  readonly #voice = new VoiceWatch();
  readonly #held: HeldMedia;
  readonly #parts = new SegmentParts();
  readonly #speakers: Speaker[];
  readonly #labels = new Map<string, number>();
  /** Open tracks of the participant. */
  readonly #tracks = new Map<string, TrackFrame>();
  /** Tracks of the further speakers, by the track that they were divided from. */
  readonly #divided = new Map<string, Set<number>>();
  #audioTrackId: string | null = null;
  /** False once sound has waited in vain, until final words come again. */
  #isPatient = true;
  #timer: Subscription | null = null;

  constructor(participant: Participant, tracks: Iterable<TrackFrame>, options: LabelledTrackOptions) {
    this.#options = options;
    this.#speakers = [{ participant, toldMs: 0 }];
    this.#held = new HeldMedia(options.onHeld);
    for (const track of tracks) this.#open(track);
  }

  /** Takes a frame of one of the participant's tracks. */
  take(frame: MediaFrame): void {
    switch (frame.kind) {
      case 'track':
        this.#open(frame);
        this.#options.emit(frame);
        return;
      case 'transcript':
        this.#takeWords(frame);
        return;
      case 'bound':
        if (frame.startMs === Number.POSITIVE_INFINITY) this.#endTrack(frame.trackId);
        else this.#hold(frame);
        return;
      default:
        this.#hold(frame);
    }
  }

  /** Nothing follows. */
  end(): void {
    this.#releaseAll();
    this.close();
  }

  /** Forgets what waits. */
  close(): void {
    this.#timer?.unsubscribe();
    this.#timer = null;
    this.#held.forget();
  }

  #open(track: TrackFrame): void {
    this.#tracks.set(track.trackId, track);
    if (track.media === 'audio') this.#audioTrackId = track.trackId;
  }

  #endTrack(trackId: string): void {
    if (trackId === this.#audioTrackId) {
      this.#releaseAll();
      this.#audioTrackId = null;
    }
    const ends = [trackId, ...[...(this.#divided.get(trackId) ?? [])].map((speaker) => trackOf(trackId, speaker))];
    for (const each of ends) {
      this.#options.emit({ kind: 'bound', trackId: each, startMs: Number.POSITIVE_INFINITY });
    }
    this.#divided.delete(trackId);
    this.#tracks.delete(trackId);
  }

  #hold(frame: HeldFrame): void {
    if (frame.kind === 'bound' && frame.trackId !== this.#audioTrackId) {
      this.#options.emit(frame);
      return;
    }
    const { samples, sampleRateHz } = frame.kind === 'audio' ? frame : { samples: null, sampleRateHz: 1 };
    const isVoiced = samples !== null && this.#voice.take(samples, sampleRateHz);
    const lengthMs = samples === null ? 0 : (samples.length * 1000) / sampleRateHz;
    this.#held.add({
      frame,
      endMs: frame.startMs + lengthMs,
      bytes: samples?.byteLength ?? (frame.kind === 'video' ? frame.image.bytes.byteLength : 0),
      isVoiced,
      cameAtMs: this.#options.clock.now(),
    });
    this.#release();
    this.#watch();
  }

  /** Passes on what need not wait. */
  #release(): void {
    for (let first = this.#held.first; first !== undefined && !this.#mustWait(first); first = this.#held.first) {
      this.#pass(this.#held.shift());
    }
  }

  #releaseAll(): void {
    while (this.#held.first !== undefined) this.#pass(this.#held.shift());
  }

  #mustWait({ frame, endMs, isVoiced }: Held): boolean {
    const isDivided = this.#speakers.length > 1 || this.#options.isMix();
    if (!isDivided || !this.#isPatient || endMs <= this.#turns.untilMs) return false;
    const waitedMs = this.#held.newestMs - frame.startMs;
    const voice = this.#held.firstVoice(ONSET_MS);
    if (!isVoiced && voice.endMs <= frame.startMs) return waitedMs < ONSET_MS;
    if (voice.isOver) {
      if (voice.endMs - this.#turns.untilMs <= TAIL_MS) return false;
      const isShort = voice.endMs - frame.startMs < SHORT_MS;
      if (isShort && this.#held.newestMs - voice.endMs >= SHORT_HOLD_MS) return false;
    }
    if (waitedMs <= MAX_HOLD_MS && this.#held.bytes <= MAX_HELD_BYTES) return true;
    if (waitedMs > MAX_HOLD_MS) this.#isPatient = false;
    return false;
  }

  /** Sound that stops does not wait for ever. */
  #watch(): void {
    const { clock } = this.#options;
    if (this.#held.first === undefined) {
      this.#timer?.unsubscribe();
      this.#timer = null;
    } else {
      this.#timer ??= clock.scheduler.schedule(
        () => {
          this.#timer = null;
          const first = this.#held.first;
          if (first !== undefined && clock.now() - first.cameAtMs >= MAX_HOLD_MS) {
            this.#isPatient = false;
            this.#releaseAll();
          } else this.#watch();
        },
        Math.max(1, MAX_HOLD_MS - (clock.now() - this.#held.first.cameAtMs)),
      );
    }
  }

  #pass({ frame }: Held): void {
    if (frame.kind === 'audio') this.#divide(frame);
    else {
      this.#options.emit(frame);
      if (frame.kind === 'bound') this.#tellSilence(frame.startMs, []);
    }
  }

  /** Gives each stretch of a frame to whoever speaks there. */
  #divide(frame: AudioChunk): void {
    const { startMs, sampleRateHz, samples } = frame;
    const lengthMs = (samples.length * 1000) / sampleRateHz;
    let from = 0;
    let speakers = this.#turns.at(startMs);
    for (let atMs = STEP_MS; ; atMs += STEP_MS) {
      const isEnd = atMs >= lengthMs;
      const next = isEnd ? [] : this.#turns.at(startMs + atMs);
      if (!isEnd && next.length === speakers.length && next.every((each, index) => each === speakers[index])) continue;
      const to = isEnd ? samples.length : Math.round((atMs * sampleRateHz) / 1000);
      if (to > from) this.#give(frame, from, to, speakers);
      if (isEnd) return;
      from = to;
      speakers = next;
    }
  }

  #give(
    { trackId, startMs: frameMs, sampleRateHz, samples }: AudioChunk,
    from: number,
    to: number,
    speakers: readonly number[],
  ): void {
    const startMs = frameMs + (from * 1000) / sampleRateHz;
    const endMs = frameMs + (to * 1000) / sampleRateHz;
    const isWhole = speakers.length === 1 && to - from === samples.length;
    for (const speaker of speakers) {
      const track = this.#trackFor(trackId, speaker, startMs);
      if (startMs - this.#speakers[speaker]!.toldMs > STEP_MS && this.#speakers.length > 1) {
        this.#options.emit({ kind: 'bound', trackId: track, startMs });
      }
      this.#speakers[speaker]!.toldMs = Math.max(endMs, this.#speakers[speaker]!.toldMs);
      const own = isWhole ? samples : samples.slice(from, to);
      this.#options.emit({ kind: 'audio', trackId: track, startMs, sampleRateHz, samples: own });
    }
    this.#given.note({ startMs, endMs }, speakers);
    this.#tellSilence(endMs, speakers);
  }

  /** Whoever does not speak is silent: utterances end, and nobody waits for sound. */
  #tellSilence(untilMs: number, speaking: readonly number[]): void {
    const { emit } = this.#options;
    const audioTrackId = this.#audioTrackId;
    if (audioTrackId === null || this.#speakers.length < 2) return;
    const divided = this.#divided.get(audioTrackId);
    for (const [speaker, state] of this.#speakers.entries()) {
      if (speaking.includes(speaker) || untilMs - state.toldMs < TELL_MS) continue;
      if (speaker > 0 && divided?.has(speaker) !== true) continue;
      state.toldMs = untilMs;
      emit({ kind: 'bound', trackId: trackOf(audioTrackId, speaker), startMs: untilMs });
    }
  }

  /** The speaker's track that was divided from one of the participant's. It is opened if it is new. */
  #trackFor(trackId: string, speaker: number, startMs: number): string {
    if (speaker === 0) return trackId;
    const id = trackOf(trackId, speaker);
    const divided = this.#divided.get(trackId) ?? new Set();
    if (divided.has(speaker)) return id;
    this.#divided.set(trackId, divided.add(speaker));
    const { participant } = this.#speakers[speaker]!;
    this.#options.emit({ ...this.#tracks.get(trackId)!, trackId: id, startMs, participant });
    return id;
  }

  #takeWords({ speaker: label, ...segment }: TranscriptSegment): void {
    if (!segment.final) {
      // Labels of interim words still change.
      if (this.#speakers.length < 2) this.#options.emit(segment);
      return;
    }
    const speaker = this.#speakerOf(label);
    this.#isPatient = true;
    const key = `${segment.trackId} ${segment.segmentId}`;
    this.#turns.take(key, segment, segment.text.trim() === '' ? null : speaker);
    this.#release();
    this.#watch();
    const owner = this.#given.ownerOf(segment, speaker) ?? this.#turns.lastSpeaker;
    const { segmentId, startMs } = segment;
    const known = this.#parts.firstOf(segment);
    const isTakenBack = segment.text.trim() === '' && known !== undefined;
    const trackId = isTakenBack ? known.trackId : this.#trackFor(segment.trackId, owner, startMs);
    const part = { trackId, segmentId };
    for (const old of this.#parts.replace(segment, [part])) this.#options.emit({ ...segment, ...old, text: '' });
    this.#options.emit({ ...segment, ...part });
  }

  /** Null: the recogniser does not say who speaks, or more speak than get a participant. */
  #speakerOf(label: string | undefined): number | null {
    if (label === undefined) return null;
    const known = this.#labels.get(label);
    if (known !== undefined) return known;
    const { participant } = this.#speakers[0]!;
    if (this.#labels.size === 0) {
      this.#labels.set(label, 0);
      return 0;
    }
    const added = this.#speakers.length < MAX_SPEAKERS ? this.#options.addSpeaker(participant) : null;
    if (added === null) {
      this.#options.onTooMany(participant.id);
      return null;
    }
    this.#labels.set(label, this.#speakers.length);
    this.#speakers.push({ participant: added, toldMs: 0 });
    return this.#speakers.length - 1;
  }
}

/** The track of a speaker. No source can give such an id. */
function trackOf(trackId: string, speaker: number): string {
  return speaker === 0 ? trackId : `${trackId}#${speaker + 1}`;
}
