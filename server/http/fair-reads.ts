import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../pipeline/index.ts';
import type { ClientAddresses } from '../limits/client-address.ts';
import type { ThreadTurns } from '../sessions/thread-turns.ts';
import { httpError } from './http-error.ts';

export interface FairReadsOptions {
  /** Tells who asks. */
  readonly addresses: ClientAddresses;
  readonly turns: ThreadTurns;
  readonly clock: Clock;
}

/** Routes whose answers take the thread's time: lists, pages of events, metrics. */
const READS = /^\/(v1\/sessions|metrics)/;
/** What a waiting request counts as, so that 256 of an address wait at most. */
const REQUEST_BYTES = 64 * 1024;

/**
 * Requests for what the server holds take turns with the sessions on the main thread: those of one address count as one
 * session. An address that has too many waiting is told to come back.
 */
export function takeTurnsAtReads(app: FastifyInstance, { turns, clock, addresses }: FairReadsOptions): void {
  app.addHook('preHandler', (request, reply, next) => {
    if (!READS.test(request.routeOptions.url ?? '')) {
      next();
      return;
    }
    // No session's id has this form.
    const flow = `reads of ${addresses.of(request.raw)}`;
    if (turns.isFree(flow)) {
      const fromMs = clock.now();
      next();
      turns.charge(flow, clock.now() - fromMs);
      return;
    }
    const drop = (): void => {
      const tooMany = httpError('overloaded', 'too many requests wait; try again in a second');
      void reply.code(503).header('Retry-After', '1').send(tooMany);
    };
    turns.push({ flow, run: () => next(), drop }, REQUEST_BYTES);
  });
}
