import type { BorrowedModels } from '../../models/index.ts';
import type { Clock } from '../../pipeline/index.ts';
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

/** Analyzes the sessions of one thread. */
export class AnalysisThread {
  readonly #options: AnalysisThreadOptions;
  readonly #outbox: Outbox;
  readonly #pictures: BorrowedPictures;
  readonly #reader = new FrameBatchReader();
  readonly #sessions = new Map<number, ThreadSession>();

  constructor(options: AnalysisThreadOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.post);
    this.#pictures = new BorrowedPictures(this.#outbox);
  }

  take(request: Exclude<ShardRequest, { kind: 'stop' }>): void {
    switch (request.kind) {
      case 'open':
        this.#open(request);
        return;
      case 'frames':
        this.#analyze(request.batch);
        return;
      case 'end':
        this.#work(request.session, (session) => session.end(request.reason));
        return;
      case 'trim':
        this.#work(request.session, (session) => session.trim());
        return;
      case 'close':
        this.#work(request.session, (session) => session.close());
        this.#sessions.delete(request.session);
        this.#reader.forget(request.session);
        return;
      case 'picture':
        this.#pictures.decoded(request.id, request.image);
        return;
      case 'no-picture':
        this.#pictures.failed(request.id, request.error);
        return;
      case 'doubt':
        this.#options.models.doubt();
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

  #analyze(batch: Extract<ShardRequest, { kind: 'frames' }>['batch']): void {
    const { clock } = this.#options;
    let fromMs = clock.now();
    this.#reader.read(batch, (session, frame) => {
      this.#work(session, (opened) => opened.push(frame));
      const now = clock.now();
      this.#outbox.used(session, now - fromMs);
      fromMs = now;
    });
    this.#outbox.done();
  }

  /** Notes which session the thread works on: if the thread dies of the work, the session is to blame. */
  #work(session: number, work: (opened: ThreadSession) => void): void {
    const opened = this.#sessions.get(session);
    if (opened === undefined) return;
    const { current } = this.#options;
    current[0] = session;
    work(opened);
    current[0] = 0;
  }
}
