import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import type { SessionOutput, ShardReply, ShardRequest } from '../../../server/analysis/shard-messages.ts';

/** An analysis thread that does nothing by itself. A test reads what it was sent, and says what it answers. */
export class ScriptedShardThread extends EventEmitter {
  readonly requests: ShardRequest[] = [];
  readonly current: Int32Array<SharedArrayBuffer>;
  readonly performance = { eventLoopUtilization: () => ({ active: 0, idle: 0, utilization: 0 }) };

  constructor(current: Int32Array<SharedArrayBuffer>) {
    super();
    this.current = current;
  }

  get asWorker(): Worker {
    return this as unknown as Worker;
  }

  postMessage(request: ShardRequest): void {
    this.requests.push(request);
  }

  terminate(): Promise<number> {
    this.end(1);
    return Promise.resolve(1);
  }

  /** The requests of one kind. */
  of<K extends ShardRequest['kind']>(kind: K): Extract<ShardRequest, { kind: K }>[] {
    return this.requests.filter((request): request is Extract<ShardRequest, { kind: K }> => request.kind === kind);
  }

  answer(reply: ShardReply): void {
    this.emit('message', reply);
  }

  /** Takes one batch. */
  done(outputs: readonly SessionOutput[] = [], usedMs = 0): void {
    const session = outputs[0]?.session ?? 1;
    this.answer({ kind: 'report', done: 1, uses: [{ session, usedMs, frames: 1 }], outputs });
  }

  end(code: number, error?: Error): void {
    if (error !== undefined) this.emit('error', error);
    this.emit('exit', code);
  }
}
