import type { FairQueueDropReason } from '../../models/index.ts';
import type { AudioChunk, Clock, MediaFrame } from '../../pipeline/index.ts';
import type { ThreadTurn, ThreadTurns } from './thread-turns.ts';

export interface MediaIntakeOptions {
  /** The session. Its media waits in one queue. */
  readonly sessionId: string;
  /** The queue for turns at the thread that analyzes. */
  readonly turns: ThreadTurns;
  readonly clock: Clock;
  /** Wall-clock time since the session opened, in ms. */
  readonly elapsedMs: () => number;
  /** Whether the session's last event is in its log. */
  readonly isOver: () => boolean;
  /** Passes a frame to the analysis. */
  readonly next: (frame: MediaFrame) => void;
  /** Called for media that was dropped because too much waited. */
  readonly onOverflow: (reason: FairQueueDropReason, frame: MediaFrame) => void;
}

/** Audio samples that are analysed without a break. */
const PIECE_SAMPLES = 8192;
/**
 * Media ahead of the wall clock waits when the analysis holds this much undecided audio. The second value is how far
 * ahead media must be to wait. Both in ms.
 */
const ENOUGH_MS = 5000;
const LEAD_MS = 1000;
/** How fast the estimated offset of a source's clock may grow, in ms per ms. */
const OFFSET_CREEP = 0.1;
/** Bytes of waiting media above which a source is asked to wait. */
const FULL_BYTES = 1024 * 1024;

/**
 * Passes one session's media to its analysis: at once while the thread has time, otherwise when it is the session's
 * turn.
 */
export class MediaIntake {
  readonly #options: MediaIntakeOptions;
  /** Undecided audio that the analysis holds, in ms. */
  backlogMs = 0;
  /** Estimate of how far the source's clock is ahead of the wall clock. Media within this offset is not early. */
  #offsetMs = Number.POSITIVE_INFINITY;
  #offsetAtMs = 0;

  constructor(options: MediaIntakeOptions) {
    this.#options = options;
  }

  /** Whether so much media waits that a source should pause, if it can. */
  get isFull(): boolean {
    return this.#waitingBytes > FULL_BYTES;
  }

  push(frame: MediaFrame): void {
    if (frame.kind === 'audio') this.#noteOffset(frame.startMs);
    if (frame.kind !== 'audio' || frame.samples.length <= PIECE_SAMPLES) this.#enter(frame);
    else for (const piece of cutAudio(frame)) this.#enter(piece);
  }

  /** Runs `end` after everything that waits. */
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
      isAhead: frame?.kind === 'audio' && this.#isAhead(frame),
      isHeld: () => frame !== undefined && this.#isHeld(frame),
      drop: (reason) => {
        // The start or end of a track is never lost. Everything before it is already analysed or dropped.
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
   * Whether a frame has to wait. Audio ahead of the wall clock waits while the analysis holds enough, because its
   * timeline would drop the oldest. It also waits while live calls need the processor.
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

/** Cuts audio into pieces that take a few ms each. */
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
