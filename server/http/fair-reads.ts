import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../pipeline/index.ts';
import type { ClientAddresses } from '../limits/client-address.ts';
import type { ReadPace } from '../limits/read-pace.ts';
import type { ThreadTurns } from '../sessions/thread-turns.ts';
import { httpError } from './http-error.ts';

export interface FairReadsOptions {
  /** Finds the address of the client. */
  readonly addresses: ClientAddresses;
  readonly turns: ThreadTurns;
  readonly pace: ReadPace;
  readonly clock: Clock;
}

/** Routes whose responses take the thread's time: lists, pages of events and metrics. */
const READS = /^\/(v1\/sessions|v1\/export|metrics)/;
/** Size that a waiting request counts as. At most 256 requests of one address can wait. */
const REQUEST_BYTES = 64 * 1024;
/**
 * Thread time around a handler, in ms: per request, and per byte of its response. It covers reading the request,
 * routing, the credential check and writing. Measured on 2 cores of AMD EPYC with continuous reads: 0.15 ms for 340
 * bytes, 1.5 ms for 758,000.
 */
const REQUEST_MS = 0.15;
const BYTE_MS = 2e-6;
/** The same for metrics, which are collected after the handler has returned. */
const METRICS_MS = 1.5;

/**
 * Makes requests for sessions, events and metrics take turns with the sessions on the main thread. All requests of one
 * address count as one session. Their share of the thread is limited even when nothing else needs it. When too many
 * requests of an address wait, further ones get 503 with `Retry-After`.
 */
export function takeTurnsAtReads(app: FastifyInstance, { turns, pace, clock, addresses }: FairReadsOptions): void {
  app.addHook('preHandler', (request, reply, next) => {
    const { url = '' } = request.routeOptions;
    if (!READS.test(url)) {
      next();
      return;
    }
    // No session id has this form.
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
    // Only pages of events are buffers. Other responses are short JSON texts and cost little.
    const isPage = READS.test(request.routeOptions.url ?? '') && Buffer.isBuffer(payload);
    if (isPage) pace.charge(request.raw, payload.byteLength * BYTE_MS);
    done();
  });
}
