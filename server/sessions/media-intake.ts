import type { FairQueueDropReason } from '../../models/index.ts';
import type { AudioChunk, Clock, MediaFrame } from '../../pipeline/index.ts';
import type { ThreadTurn, ThreadTurns } from './thread-turns.ts';

export interface MediaIntakeOptions {
  /** The session: media of one waits in one line. */
  readonly sessionId: string;
  /** Where media waits for its turn on the main thread. */
  readonly turns: ThreadTurns;
  readonly clock: Clock;
  /** Wall-clock time since the session opened, in ms. */
  readonly elapsedMs: () => number;
  /** Whether the session's last event is in its log. */
  readonly isOver: () => boolean;
  /** Takes a frame into the analysis. */
  readonly next: (frame: MediaFrame) => void;
  /** Told of media that was dropped because too much waited. */
  readonly onOverflow: (reason: FairQueueDropReason, frame: MediaFrame) => void;
}

/** Samples of audio that are analysed in one go. */
const PIECE_SAMPLES = 8192;
/** Undecided audio beyond which media ahead of the wall clock waits, and how far ahead that is, in ms. */
const ENOUGH_MS = 5000;
const LEAD_MS = 1000;
/** How fast a source's clock is believed to be ahead for good, after it was behind, in ms per ms. */
const OFFSET_CREEP = 0.1;
/** Media that waits for its turn beyond which a source is asked to wait. */
const FULL_BYTES = 1024 * 1024;

/** Hands one session's media to its analysis: at once while the thread has time, else when it is the session's turn. */
export class MediaIntake {
  readonly #options: MediaIntakeOptions;
  /** Audio that the analysis holds undecided, in ms. */
  backlogMs = 0;
  /** How far ahead of the wall clock the session's media lies at the least: a clock that is set so is no hurry. */
  #offsetMs = Number.POSITIVE_INFINITY;
  #offsetAtMs = 0;

  constructor(options: MediaIntakeOptions) {
    this.#options = options;
  }

  /** Whether so much media waits for its turn that a source that can wait should. */
  get isFull(): boolean {
    return this.#waitingBytes > FULL_BYTES;
  }

  push(frame: MediaFrame): void {
    if (frame.kind === 'audio') this.#noteOffset(frame.startMs);
    if (frame.kind !== 'audio' || frame.samples.length <= PIECE_SAMPLES) this.#enter(frame);
    else for (const piece of cutAudio(frame)) this.#enter(piece);
  }

  /** Runs `end` after all that waits. */
  finish(end: () => void): void {
    if (this.#waitingBytes === 0) end();
    else this.#wait(end);
  }

  get #waitingBytes(): number {
    return this.#options.turns.bytesOf(this.#options.sessionId);
  }

  #enter(frame: MediaFrame): void {
    const { sessionId, turns, clock } = this.#options;
    if (!turns.isFree(sessionId) || this.#isHeld(frame)) {
      this.#wait(() => this.#analyze(frame), frame);
      return;
    }
    const fromMs = clock.now();
    this.#analyze(frame);
    turns.charge(sessionId, clock.now() - fromMs);
  }

  #wait(run: () => void, frame?: MediaFrame): void {
    const { sessionId, turns, onOverflow } = this.#options;
    const turn: ThreadTurn = {
      flow: sessionId,
      run,
      isHeld: () => frame !== undefined && this.#isHeld(frame),
      drop: (reason) => {
        // A track's beginning or end is never lost: whatever came before it is done or dropped.
        if (frame === undefined || frame.kind === 'track' || frame.kind === 'bound') run();
        else onOverflow(reason, frame);
      },
    };
    turns.push(turn, frame === undefined ? 0 : bytesOf(frame));
  }

  #analyze(frame: MediaFrame): void {
    const { sessionId, turns, next } = this.#options;
    if (frame.kind === 'audio') {
      if (this.#isAhead(frame)) turns.lead.take((frame.samples.length * 1000) / frame.sampleRateHz);
      else turns.lead.live(sessionId);
    }
    next(frame);
  }

  /**
   * Media from the future waits while the analysis has enough to do, since its timeline would lose the oldest, and while
   * live calls need the processor.
   */
  #isHeld(frame: MediaFrame): boolean {
    const { sessionId, turns, isOver } = this.#options;
    if (frame.kind !== 'audio' || isOver() || !this.#isAhead(frame)) return false;
    return this.backlogMs >= ENOUGH_MS || !turns.lead.isFree(sessionId);
  }

  #isAhead({ startMs }: AudioChunk): boolean {
    return startMs > this.#options.elapsedMs() + this.#offsetMs + LEAD_MS;
  }

  #noteOffset(startMs: number): void {
    const nowMs = this.#options.elapsedMs();
    const crept = this.#offsetMs + OFFSET_CREEP * (nowMs - this.#offsetAtMs);
    this.#offsetMs = Math.max(0, Math.min(startMs - nowMs, crept));
    this.#offsetAtMs = nowMs;
  }
}

/** Audio in pieces that take a few ms each. */
function cutAudio(frame: AudioChunk): AudioChunk[] {
  const { samples, startMs, sampleRateHz } = frame;
  const pieces: AudioChunk[] = [];
  for (let from = 0; from < samples.length; from += PIECE_SAMPLES) {
    const piece = samples.subarray(from, from + PIECE_SAMPLES);
    pieces.push({ ...frame, startMs: startMs + (from * 1000) / sampleRateHz, samples: piece });
  }
  return pieces;
}

function bytesOf(frame: MediaFrame): number {
  if (frame.kind === 'audio') return frame.samples.byteLength;
  if (frame.kind === 'video') return frame.image.bytes.byteLength;
  return frame.kind === 'transcript' ? 2 * frame.text.length : 0;
}
