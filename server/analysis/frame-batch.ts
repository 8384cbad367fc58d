import type { MediaFrame } from '../../pipeline/index.ts';

/**
 * Media of several sessions on its way to an analysis thread. Audio is packed into one buffer, because a message costs
 * by its objects more than by its bytes.
 */
export interface FrameBatch {
  /** {@link HEAD} numbers per frame, in the order of arrival. */
  readonly heads: Float64Array<ArrayBuffer>;
  /** The samples of all audio. */
  readonly samples: Float32Array<ArrayBuffer>;
  /** Frames other than audio. */
  readonly others: readonly MediaFrame[];
  /** Audio tracks that the heads name for the first time. */
  readonly tracks: readonly NamedTrack[];
}

interface NamedTrack {
  readonly session: number;
  readonly track: number;
  readonly trackId: string;
}

/**
 * Numbers per frame of audio: session, track, start in ms, sample rate in Hz, number of samples. For another frame:
 * session, −1, the number of the audio track that ends with it or −1, 0, 0.
 */
const HEAD = 5;
const NONE = -1;
/** Media that a picture or another frame counts as, in ms: they take about as long to analyze. */
const PICTURE_MS = 100;
const WORDS_MS = 30;
const CHARACTER_MS = 0.5;
const OTHER_MS = 5;

/** Collects frames until they are sent. */
export class FrameBatchWriter {
  /** Numbers of the open audio tracks by session and id. */
  readonly #tracks = new Map<number, Map<string, number>>();
  #lastTrack = 0;
  #heads: number[] = [];
  #audio: Float32Array[] = [];
  #others: MediaFrame[] = [];
  #named: NamedTrack[] = [];
  #sampleCount = 0;
  #mediaMs = 0;

  /** Frames that are not sent yet. */
  get frameCount(): number {
    return this.#heads.length / HEAD;
  }

  /** Their media, in ms. */
  get mediaMs(): number {
    return this.#mediaMs;
  }

  add(session: number, frame: MediaFrame): void {
    if (frame.kind !== 'audio') {
      this.#mediaMs += weightOf(frame);
      const ended = frame.kind === 'bound' && frame.startMs === Number.POSITIVE_INFINITY;
      this.#heads.push(session, NONE, ended ? this.#endTrack(session, frame.trackId) : NONE, 0, 0);
      this.#others.push(frame);
      return;
    }
    const { trackId, startMs, sampleRateHz, samples } = frame;
    this.#heads.push(session, this.#numberOf(session, trackId), startMs, sampleRateHz, samples.length);
    this.#audio.push(samples);
    this.#sampleCount += samples.length;
    this.#mediaMs += (samples.length * 1000) / sampleRateHz;
  }

  /** Forgets the tracks of a session. */
  forget(session: number): void {
    this.#tracks.delete(session);
  }

  /** Takes all frames, and the buffers to transfer with them. The writer is empty then. */
  take(): { readonly batch: FrameBatch; readonly transfer: ArrayBuffer[] } {
    const heads = Float64Array.from(this.#heads);
    const samples = new Float32Array(this.#sampleCount);
    let at = 0;
    for (const part of this.#audio) {
      samples.set(part, at);
      at += part.length;
    }
    const transfer = [heads.buffer, samples.buffer];
    const others = this.#others.map((frame) => {
      if (frame.kind !== 'video') return frame;
      // A message of a view would carry the whole buffer behind it.
      const bytes = new Uint8Array(frame.image.bytes);
      transfer.push(bytes.buffer);
      return { ...frame, image: { ...frame.image, bytes } };
    });
    const batch = { heads, samples, others, tracks: this.#named };
    this.#heads = [];
    this.#audio = [];
    this.#others = [];
    this.#named = [];
    this.#sampleCount = 0;
    this.#mediaMs = 0;
    return { batch, transfer };
  }

  #numberOf(session: number, trackId: string): number {
    let tracks = this.#tracks.get(session);
    if (tracks === undefined) {
      tracks = new Map();
      this.#tracks.set(session, tracks);
    }
    let track = tracks.get(trackId);
    if (track === undefined) {
      this.#lastTrack += 1;
      track = this.#lastTrack;
      tracks.set(trackId, track);
      this.#named.push({ session, track, trackId });
    }
    return track;
  }

  #endTrack(session: number, trackId: string): number {
    const track = this.#tracks.get(session)?.get(trackId) ?? NONE;
    this.#tracks.get(session)?.delete(trackId);
    return track;
  }
}

/** The media that a frame without sound counts as, in ms. */
function weightOf(frame: Exclude<MediaFrame, { kind: 'audio' }>): number {
  if (frame.kind === 'video') return PICTURE_MS;
  return frame.kind === 'transcript' ? WORDS_MS + CHARACTER_MS * frame.text.length : OTHER_MS;
}

/** Reads batches in the order in which they were written. */
export class FrameBatchReader {
  /** Ids of the open audio tracks by session and number. */
  readonly #tracks = new Map<number, Map<number, string>>();

  /** Calls `onFrame` for each frame. The receiver of a frame owns its samples. */
  read({ heads, samples, others, tracks }: FrameBatch, onFrame: (session: number, frame: MediaFrame) => void): void {
    for (const { session, track, trackId } of tracks) {
      const named = this.#tracks.get(session) ?? new Map<number, string>();
      this.#tracks.set(session, named.set(track, trackId));
    }
    let nextOther = 0;
    let nextSample = 0;
    for (let at = 0; at < heads.length; at += HEAD) {
      const session = heads[at]!;
      const track = heads[at + 1]!;
      if (track === NONE) {
        this.#tracks.get(session)?.delete(heads[at + 2]!);
        onFrame(session, others[nextOther]!);
        nextOther += 1;
        continue;
      }
      const length = heads[at + 4]!;
      onFrame(session, {
        kind: 'audio',
        trackId: this.#tracks.get(session)!.get(track)!,
        startMs: heads[at + 2]!,
        sampleRateHz: heads[at + 3]!,
        samples: samples.subarray(nextSample, nextSample + length),
      });
      nextSample += length;
    }
  }

  /** Forgets the tracks of a session. */
  forget(session: number): void {
    this.#tracks.delete(session);
  }
}
