import type { SessionOutput, SessionUse, ShardReply } from './shard-messages.ts';

/**
 * What an analysis thread has to tell. One message carries all that comes up in one turn of its event loop.
 */
export class Outbox {
  readonly #post: (reply: ShardReply) => void;
  readonly #uses = new Map<number, { usedMs: number; frames: number }>();
  #outputs: SessionOutput[] = [];
  #done = 0;
  #isScheduled = false;

  constructor(post: (reply: ShardReply) => void) {
    this.#post = post;
  }

  add(output: SessionOutput): void {
    this.#outputs.push(output);
    this.#schedule();
  }

  /** A session took `ms` of the thread for one frame. */
  used(session: number, ms: number): void {
    const use = this.#uses.get(session);
    if (use === undefined) {
      this.#uses.set(session, { usedMs: ms, frames: 1 });
      return;
    }
    use.usedMs += ms;
    use.frames += 1;
  }

  /** A batch of frames was taken. */
  done(): void {
    this.#done += 1;
    this.#flush();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#outputs.length > 0) this.#flush();
    });
  }

  #flush(): void {
    const uses: SessionUse[] = [];
    for (const [session, use] of this.#uses) uses.push({ session, ...use });
    this.#post({ kind: 'report', done: this.#done, uses, outputs: this.#outputs });
    this.#uses.clear();
    this.#outputs = [];
    this.#done = 0;
  }
}
