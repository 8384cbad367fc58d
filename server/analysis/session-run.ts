import type { Subscriber } from 'rxjs';
import type { EmotionEvent, SessionEndReason, UtteranceStarted } from '../../client-sdk/protocol/index.ts';
import {
  type DecodeImage,
  type HeldKind,
  type MediaFrame,
  type MemoryAccount,
  type PipelineObserver,
  StageError,
  type ToldBefore,
  type TrackOpened,
} from '../../pipeline/index.ts';
import type { DescribedCause } from '../observability/describe-cause.ts';
import { DescribedError } from '../observability/described-error.ts';
import { LOST, lostUtterance } from './lost-utterance.ts';
import type { SessionOutput, SessionSettings } from './shard-messages.ts';

/** What a session's analysis reports to. */
export interface SessionListeners {
  readonly events: Pick<Subscriber<EmotionEvent>, 'next' | 'error' | 'complete'>;
  readonly observer: PipelineObserver;
  readonly decodeImage: DecodeImage;
  readonly memory?: (MemoryAccount & { freed?(bytes: number): void }) | undefined;
  readonly onBacklog?: ((backlogMs: number) => void) | undefined;
  readonly onPending?: ((fromMs: number) => void) | undefined;
}

/** Deaths of a thread, while it worked on a session, after which that session fails. */
const MAX_DEATHS = 2;
const NOTHING_HELD: Readonly<Record<HeldKind, number>> = { audio: 0, pictures: 0, words: 0, features: 0 };

const LOST_MESSAGE = 'The thread that analyzed this utterance broke down; later utterances are analyzed in a new one.';

/** One session's analysis in another thread, as the main thread knows it. It survives the end of that thread. */
export class SessionRun {
  readonly settings: SessionSettings;
  readonly #listeners: SessionListeners;
  readonly #openTracks = new Map<string, TrackOpened>();
  /** Utterances that began and have neither a result nor a failure. */
  readonly #openUtterances = new Map<string, UtteranceStarted>();
  readonly #pictures = new Map<number, AbortController>();
  #told: ToldBefore;
  #held = NOTHING_HELD;
  #endReason: SessionEndReason | null = null;
  #deaths = 0;
  /** Frames that were sent and not reported as taken. */
  #onTheirWay = 0;

  /** @param told - what has been told, at least the session's first event. */
  constructor(settings: SessionSettings, told: ToldBefore, listeners: SessionListeners) {
    this.settings = settings;
    this.#listeners = listeners;
    this.#told = told;
  }

  /** What has been told, and so where a new thread goes on. */
  get toldBefore(): ToldBefore {
    return this.#told;
  }

  /** Open tracks. A new thread needs them before other frames. */
  get openTracks(): readonly TrackOpened[] {
    return [...this.#openTracks.values()];
  }

  /** Why the session ends. Null while it takes media. */
  get endReason(): SessionEndReason | null {
    return this.#endReason;
  }

  /** Notes a frame that goes to the thread. */
  sent(frame: MediaFrame): void {
    this.#onTheirWay += 1;
    if (frame.kind === 'track') this.#openTracks.set(frame.trackId, frame);
    const durationMs = mediaEndMs(frame);
    if (durationMs > this.#told.durationMs) this.#told = { ...this.#told, durationMs };
    if (frame.kind === 'bound' && frame.startMs === Number.POSITIVE_INFINITY) this.#openTracks.delete(frame.trackId);
  }

  /** The thread has taken frames. */
  taken(frames: number): void {
    this.#onTheirWay -= frames;
  }

  ended(reason: SessionEndReason): void {
    this.#endReason = reason;
  }

  /**
   * Passes on what the thread told.
   *
   * @param answer - sends a decoded picture, or why there is none, to the thread.
   * @returns whether it was the last.
   */
  take(output: SessionOutput, answer: PictureAnswer): boolean {
    const { events, observer, memory, onBacklog, onPending } = this.#listeners;
    switch (output.kind) {
      case 'event':
        this.#note(output.event);
        events.next(output.event);
        return false;
      case 'failed':
        observer.failed(withCause(output.failure));
        return false;
      case 'dropped':
        observer.dropped(withCause(output.drop));
        return false;
      case 'decided':
        observer.decided?.(output.decision);
        return false;
      case 'held':
        this.#hold(output.held);
        return false;
      case 'trimmed':
        memory?.freed?.(output.bytes);
        return false;
      case 'backlog':
        onBacklog?.(output.backlogMs);
        return false;
      case 'pending':
        onPending?.(output.fromMs);
        return false;
      case 'decode':
        void this.#decode(output, answer);
        return false;
      case 'abandon':
        this.#pictures.get(output.id)?.abort();
        return false;
      case 'completed':
        this.close();
        events.complete();
        return true;
      case 'broke-off':
        this.close();
        events.error(new StageError(output.stage, new DescribedError(output.cause)));
        return true;
    }
  }

  /**
   * The thread has died. Open utterances fail.
   *
   * @param isToBlame - whether the thread was working on this session.
   * @returns whether the session goes on in a new thread.
   */
  lost(cause: Error, isToBlame: boolean): boolean {
    const { events, observer, onBacklog } = this.#listeners;
    this.#release();
    onBacklog?.(0);
    if (this.#onTheirWay > 0) observer.dropped({ stage: 'ingest', reason: LOST, count: this.#onTheirWay, cause });
    this.#onTheirWay = 0;
    for (const started of this.#openUtterances.values()) this.#fail(started, cause);
    if (isToBlame) this.#deaths += 1;
    if (this.#deaths < MAX_DEATHS) return true;
    this.close();
    events.error(new StageError('ingest', cause));
    return false;
  }

  /** Nobody needs the analysis any more. */
  close(): void {
    this.#release();
  }

  #fail(started: UtteranceStarted, cause: Error): void {
    const { events, observer } = this.#listeners;
    const { sequence, durationMs: reachedMs } = this.#told;
    const failed = lostUtterance(started, { sequence: sequence + 1, reachedMs, message: LOST_MESSAGE });
    const { utteranceId, participant } = started;
    observer.failed({ stage: 'features', code: LOST, participantId: participant.id, utteranceId, revision: 0, cause });
    this.#note(failed);
    events.next(failed);
  }

  #note(event: EmotionEvent): void {
    let { utteranceCount } = this.#told;
    if (event.type === 'utterance.started') this.#openUtterances.set(event.utteranceId, event);
    if (event.type === 'utterance.emotion' || event.type === 'utterance.failed') {
      this.#openUtterances.delete(event.utteranceId);
      if (event.revision === 0) utteranceCount += 1;
    }
    this.#told = { ...this.#told, sequence: event.sequence, utteranceCount };
  }

  #hold(held: Readonly<Record<HeldKind, number>>): void {
    const { memory } = this.#listeners;
    for (const kind of ['audio', 'pictures', 'words', 'features'] as const) {
      const change = held[kind] - this.#held[kind];
      if (change !== 0) memory?.hold(kind, change);
    }
    this.#held = held;
  }

  #release(): void {
    this.#hold(NOTHING_HELD);
    for (const picture of this.#pictures.values()) picture.abort();
    this.#pictures.clear();
  }

  async #decode({ id, image }: Extract<SessionOutput, { kind: 'decode' }>, answer: PictureAnswer): Promise<void> {
    const abandoned = new AbortController();
    this.#pictures.set(id, abandoned);
    try {
      answer(id, { image: await this.#listeners.decodeImage(image, abandoned.signal) });
    } catch (error) {
      answer(id, { error });
    } finally {
      this.#pictures.delete(id);
    }
  }
}

export type PictureAnswer = (
  id: number,
  outcome: { readonly image: Awaited<ReturnType<DecodeImage>> } | { readonly error: unknown },
) => void;

function withCause<R extends { readonly cause: DescribedCause | null }>({
  cause,
  ...rest
}: R): Omit<R, 'cause'> & { readonly cause?: DescribedError } {
  return cause === null ? rest : { ...rest, cause: new DescribedError(cause) };
}

/** Where a frame's media ends, in ms. */
function mediaEndMs(frame: MediaFrame): number {
  if (frame.kind === 'audio') return frame.startMs + (frame.samples.length * 1000) / frame.sampleRateHz;
  return frame.kind === 'video' ? frame.startMs : 0;
}
