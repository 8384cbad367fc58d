import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { takeTurnsAtReads } from '../../../server/http/fair-reads.ts';
import { clientAddresses } from '../../../server/limits/client-address.ts';
import { ReadPace } from '../../../server/limits/read-pace.ts';
import { ThreadTurns } from '../../../server/sessions/thread-turns.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  const turns = new ThreadTurns({ clock });
  const app = Fastify();
  let served = 0;
  app.get('/v1/sessions/:sessionId/events', async () => {
    served += 1;
    return { events: [] };
  });
  app.get('/healthz', async () => ({ status: 'ok' }));
  const addresses = clientAddresses([]);
  const pace = new ReadPace({ clock, addresses });
  takeTurnsAtReads(app, { turns, pace, clock, addresses });
  const read = () => app.inject('/v1/sessions/s/events');
  return { clock, turns, pace, app, read, served: () => served };
}

const FROM_HERE = { socket: { remoteAddress: '127.0.0.1' }, headers: {} };

/** Lets what is sent to the application reach its hooks. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('requests for what the server holds', () => {
  it('are answered at once while the thread has time', async () => {
    const { read } = setUp();
    expect((await read()).statusCode).toBe(200);
  });

  it('wait for their turn while sessions use the thread, and health checks do not', async () => {
    const { clock, turns, app, read, served } = setUp();
    turns.charge('a call', 1000);
    const reading = read();
    expect((await app.inject('/healthz')).statusCode).toBe(200);
    await settle();
    expect(served()).toBe(0);
    clock.advance(1);
    expect((await reading).statusCode).toBe(200);
  });

  it('leave a session its turn before them', async () => {
    const { clock, turns, read, served } = setUp();
    turns.charge('reads of 127.0.0.1', 1000);
    const reading = read();
    await settle();
    let servedBefore = -1;
    turns.push({ flow: 'a call', run: () => (servedBefore = served()), drop: () => {} });
    clock.advance(1);
    await reading;
    expect(servedBefore).toBe(0);
  });

  it('wait while those of their address took more than their share, though nothing else wants the thread', async () => {
    const { clock, pace, read, served } = setUp();
    pace.charge(FROM_HERE, 530);
    const reading = read();
    await settle();
    clock.advance(100);
    expect(served()).toBe(0);
    clock.advance(120);
    expect((await reading).statusCode).toBe(200);
  });

  it('do not wait for those of another address', async () => {
    const { pace, read } = setUp();
    pace.charge({ ...FROM_HERE, socket: { remoteAddress: '192.0.2.1' } }, 499);
    pace.charge({ ...FROM_HERE, socket: { remoteAddress: '192.0.2.2' } }, 0.5);
    expect((await read()).statusCode).toBe(200);
  });

  it('remember a bounded number of addresses, however many ask', () => {
    const { pace } = setUp();
    for (let n = 0; n < 5000; n += 1) {
      pace.charge({ ...FROM_HERE, socket: { remoteAddress: `10.0.${n >> 8}.${n & 255}` } }, 0.01);
    }
    expect(pace.size).toBe(4096);
  });

  it('are refused with 503 when too many of an address wait', async () => {
    const { clock, turns, read } = setUp();
    turns.charge('a call', 1000);
    const reading = Array.from({ length: 300 }, read);
    await settle();
    clock.advance(100);
    const answers = await Promise.all(reading);
    const refused = answers.filter(({ statusCode }) => statusCode === 503);
    expect(refused.length).toBeGreaterThan(40);
    expect(refused[0]!.json()).toMatchObject({ error: { code: 'overloaded' } });
    expect(refused[0]!.headers['retry-after']).toBe('1');
    expect(answers.filter(({ statusCode }) => statusCode === 200).length).toBe(300 - refused.length);
  });
});
