import type { BorrowedModels } from '../../models/index.ts';
import type { Clock, MediaFrame } from '../../pipeline/index.ts';
import { BorrowedPictures } from './borrowed-pictures.ts';
import { FrameBatchReader } from './frame-batch.ts';
import { Outbox } from './outbox.ts';
import type { ShardData, ShardReply, ShardRequest } from './shard-messages.ts';
import { ThreadSession } from './thread-session.ts';

export interface AnalysisThreadOptions {
  readonly models: BorrowedModels;
  readonly clock: Clock;
  readonly current: ShardData['current'];
  readonly post: (reply: ShardReply) => void;
}

/** Work after which the answers of models and other messages get their turn, in ms. */
const SLICE_MS = 4;

/** Requests that change sessions, in their order. A batch is taken frame by frame. */
type Step =
  | Extract<ShardRequest, { kind: 'open' | 'end' | 'trim' | 'close' }>
  | { readonly kind: 'frame'; readonly session: number; readonly frame: MediaFrame }
  | { readonly kind: 'done' };

/** Analyzes the sessions of one thread. */
export class AnalysisThread {
  readonly #options: AnalysisThreadOptions;
  readonly #outbox: Outbox;
  readonly #pictures: BorrowedPictures;
  readonly #reader = new FrameBatchReader();
  readonly #sessions = new Map<number, ThreadSession>();
  #steps: Step[] = [];
  #next = 0;
  #isWaiting = false;

  constructor(options: AnalysisThreadOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.post);
    this.#pictures = new BorrowedPictures(this.#outbox);
  }

  take(request: Exclude<ShardRequest, { kind: 'stop' }>): void {
    switch (request.kind) {
      case 'frames':
        this.#reader.read(request.batch, (session, frame) => this.#steps.push({ kind: 'frame', session, frame }));
        this.#steps.push({ kind: 'done' });
        break;
      case 'picture':
        this.#pictures.decoded(request.id, request.image);
        return;
      case 'no-picture':
        this.#pictures.failed(request.id, request.error);
        return;
      case 'doubt':
        this.#options.models.doubt();
        return;
      case 'close':
        this.#reader.forget(request.session);
        this.#steps.push(request);
        break;
      default:
        this.#steps.push(request);
    }
    if (!this.#isWaiting) this.#work();
  }

  /** Takes the steps in slices. Between slices, the event loop runs. */
  #work(): void {
    const { clock } = this.#options;
    const untilMs = clock.now() + SLICE_MS;
    while (this.#next < this.#steps.length) {
      const step = this.#steps[this.#next]!;
      this.#next += 1;
      const fromMs = clock.now();
      this.#take(step);
      const now = clock.now();
      if (step.kind === 'frame') this.#outbox.used(step.session, now - fromMs);
      if (now < untilMs) continue;
      this.#steps.splice(0, this.#next);
      this.#next = 0;
      this.#isWaiting = true;
      setImmediate(() => {
        this.#isWaiting = false;
        this.#work();
      });
      return;
    }
    this.#steps = [];
    this.#next = 0;
  }

  #take(step: Step): void {
    switch (step.kind) {
      case 'frame':
        this.#with(step.session, (session) => session.push(step.frame));
        return;
      case 'done':
        this.#outbox.done();
        return;
      case 'open':
        this.#open(step);
        return;
      case 'end':
        this.#with(step.session, (session) => session.end(step.reason));
        return;
      case 'trim':
        this.#with(step.session, (session) => session.trim());
        return;
      case 'close':
        this.#with(step.session, (session) => session.close());
        this.#sessions.delete(step.session);
    }
  }

  #open({ session, settings, toldBefore }: Extract<ShardRequest, { kind: 'open' }>): void {
    const { models, clock } = this.#options;
    const opened = new ThreadSession({
      session,
      settings,
      toldBefore,
      models: models.forSession(settings.session.sessionId),
      decodeImage: this.#pictures.openSession(session),
      clock,
      outbox: this.#outbox,
    });
    this.#sessions.set(session, opened);
  }

  /** Notes which session the thread works on: if the thread dies of the work, the session is to blame. */
  #with(session: number, work: (opened: ThreadSession) => void): void {
    const opened = this.#sessions.get(session);
    if (opened === undefined) return;
    const { current } = this.#options;
    current[0] = session;
    work(opened);
    current[0] = 0;
  }
}
