import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../pipeline/index.ts';
import type { ClientAddresses } from '../limits/client-address.ts';
import type { ReadPace } from '../limits/read-pace.ts';
import type { ThreadTurns } from '../sessions/thread-turns.ts';
import { httpError } from './http-error.ts';

export interface FairReadsOptions {
  /** Tells who asks. */
  readonly addresses: ClientAddresses;
  readonly turns: ThreadTurns;
  readonly pace: ReadPace;
  readonly clock: Clock;
}

/** Routes whose answers take the thread's time: lists, pages of events, metrics. */
const READS = /^\/(v1\/sessions|metrics)/;
/** What a waiting request counts as, so that 256 of an address wait at most. */
const REQUEST_BYTES = 64 * 1024;
/**
 * Thread time around a handler, in ms, and of each byte of its answer: reading the request, routing, the credential, writing.
 * Measured on 2 cores of AMD EPYC by reads without a pause: 0.15 ms for 340 bytes, 1.5 ms for 758,000.
 */
const REQUEST_MS = 0.15;
const BYTE_MS = 2e-6;
/** Of metrics, which are collected after the handler has returned. */
const METRICS_MS = 1.5;

/**
 * Requests for what the server holds take turns with the sessions on the main thread: those of one address count as one
 * session, and get a bounded share of the thread even when nothing else wants it. An address that has too many waiting is
 * told to come back.
 */
export function takeTurnsAtReads(app: FastifyInstance, { turns, pace, clock, addresses }: FairReadsOptions): void {
  app.addHook('preHandler', (request, reply, next) => {
    const { url = '' } = request.routeOptions;
    if (!READS.test(url)) {
      next();
      return;
    }
    // No session's id has this form.
    const flow = `reads of ${addresses.of(request.raw)}`;
    const aroundMs = url === '/metrics' ? METRICS_MS : REQUEST_MS;
    const answer = (): void => {
      const fromMs = clock.now();
      next();
      pace.charge(request.raw, clock.now() - fromMs + aroundMs);
    };
    if (turns.isFree(flow) && pace.isFree(request.raw)) {
      const fromMs = clock.now();
      answer();
      turns.charge(flow, clock.now() - fromMs);
      return;
    }
    const drop = (): void => {
      const tooMany = httpError('overloaded', 'too many requests wait; try again in a second');
      void reply.code(503).header('Retry-After', '1').send(tooMany);
    };
    turns.push({ flow, run: answer, isHeld: () => !pace.isFree(request.raw), drop }, REQUEST_BYTES);
  });
  app.addHook('onSend', (request, _reply, payload: unknown, done) => {
    // JSON's texts are short beside the pages of events, which are bytes.
    const isPage = READS.test(request.routeOptions.url ?? '') && Buffer.isBuffer(payload);
    if (isPage) pace.charge(request.raw, payload.byteLength * BYTE_MS);
    done();
  });
}
