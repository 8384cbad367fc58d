import type { AudioChunk, MediaFrame, TrackBound, TrackOpened, VideoImage } from '../media/media-frame.ts';
import { type MemoryAccount, UNCOUNTED } from '../support/memory-account.ts';
import { AudioGrid } from './audio-grid.ts';
import { JitterBuffer, type JitterDropReason } from './jitter-buffer.ts';

export interface SyncTrackOptions {
  readonly opened: TrackOpened;
  readonly jitterMs: number;
  readonly maxFillMs: number;
  readonly onDrop: (reason: JitterDropReason, frame: AudioChunk | VideoImage) => void;
  /** Default: not counted. */
  readonly memory?: MemoryAccount;
}

/** Whether audio of this rate is accepted: a whole number, 8000…96000 Hz. */
export function isAudioRate(rateHz: number): boolean {
  return Number.isInteger(rateHz) && rateHz >= 8000 && rateHz <= 96_000;
}

/** One track of the sync stage: its jitter buffer and, for audio, its grid. Every method returns the frames that it releases. */
export class SyncTrack {
  readonly media: TrackOpened['media'];
  readonly trackId: string;
  readonly participantId: string;
  readonly #buffer: JitterBuffer<AudioChunk | VideoImage>;
  readonly #grid: AudioGrid;
  #ended = false;
  #boundMs = Number.NEGATIVE_INFINITY;

  constructor({ opened, jitterMs, maxFillMs, onDrop, memory = UNCOUNTED }: SyncTrackOptions) {
    this.media = opened.media;
    this.trackId = opened.trackId;
    this.participantId = opened.participant.id;
    const kind = opened.media === 'audio' ? 'stretches' : 'instants';
    const heldKind = opened.media === 'audio' ? 'audio' : 'pictures';
    this.#buffer = new JitterBuffer({
      jitterMs,
      kind,
      openedMs: opened.startMs,
      onDrop,
      bytesOf: (frame) => (frame.kind === 'audio' ? frame.samples.byteLength : frame.image.bytes.byteLength),
      onHeld: (bytes) => memory.hold(heldKind, bytes),
    });
    this.#grid = new AudioGrid({ trackId: opened.trackId, maxFillMs });
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(frame: AudioChunk | VideoImage): MediaFrame[] {
    const durationMs = frame.kind === 'audio' ? (frame.samples.length * 1000) / frame.sampleRateHz : 0;
    return this.#settle(this.#buffer.push(frame.startMs, frame.startMs + durationMs, frame));
  }

  /** The source's own promise. For audio it also means that any gap before it is silence. */
  advance(bound: TrackBound): MediaFrame[] {
    if (this.media === 'transcript') {
      return [bound];
    }
    const released = this.#buffer.advance(bound.startMs);
    return this.#settle(released, this.media === 'audio' ? bound.startMs : Number.NEGATIVE_INFINITY);
  }

  /** Nothing arrived for a long time: held frames no longer wait for missing ones. */
  flush(): MediaFrame[] {
    return this.#settle(this.#buffer.flush());
  }

  end(): MediaFrame[] {
    const out = this.#settle(this.#buffer.flush());
    if (out.at(-1)?.kind === 'bound') {
      out.pop();
    }
    out.push(...this.#grid.finish());
    this.#ended = true;
    out.push({ kind: 'bound', trackId: this.trackId, startMs: Number.POSITIVE_INFINITY });
    return out;
  }

  #settle(released: readonly (AudioChunk | VideoImage)[], silentUntilMs = Number.NEGATIVE_INFINITY): MediaFrame[] {
    const out: MediaFrame[] = [];
    for (const frame of released) {
      if (frame.kind === 'audio') {
        out.push(...this.#grid.push(frame));
      } else {
        out.push(frame);
      }
    }
    if (silentUntilMs > this.#boundMs) {
      out.push(...this.#grid.silenceUntil(silentUntilMs));
    }
    const boundMs = this.media === 'audio' ? this.#grid.settledMs : this.#buffer.settledMs;
    if (boundMs > this.#boundMs) {
      this.#boundMs = boundMs;
      out.push({ kind: 'bound', trackId: this.trackId, startMs: boundMs });
    }
    return out;
  }
}
