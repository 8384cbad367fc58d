import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WebSocket as WsWebSocket } from 'ws';
import { ClientError } from '../../../client-sdk/connection/client-error.ts';
import { CLOSE_CODES, type EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import {
  createEmotionClient,
  type EmotionClientOptions,
  type EventsOptions,
} from '../../../client-sdk/subscribe/emotion-client.ts';
import { startCuttingProxy } from '../../support/client-sdk/cutting-proxy.ts';
import {
  type EventServer,
  type SubscriberScript,
  sendAll,
  startEventServer,
} from '../../support/client-sdk/event-server.ts';
import { sampleSession } from '../../support/client-sdk/sample-events.ts';

const FAST = { initialDelayMs: 1, maxDelayMs: 2, maxAttempts: 5 };

function clientOf(server: { readonly url: string }, options: Partial<EmotionClientOptions> = {}) {
  return createEmotionClient({ url: server.url, reconnect: FAST, ...options });
}

/** Reads to the end; what was read before an error is kept beside it. */
async function readAll(
  server: { readonly url: string },
  options: EventsOptions = {},
  clientOptions: Partial<EmotionClientOptions> = {},
): Promise<{ sequences: number[]; error: unknown }> {
  const sequences: number[] = [];
  try {
    for await (const event of clientOf(server, clientOptions).events('call-1', options)) sequences.push(event.sequence);
    return { sequences, error: null };
  } catch (error) {
    return { sequences, error };
  }
}

function upTo(count: number, from = 1): number[] {
  return Array.from({ length: count - from + 1 }, (_, index) => from + index);
}

/** Sends `count` events after the one asked for, then ends the connection with `end`. */
function sendSome(count: number, end: (socket: Parameters<SubscriberScript>[0]) => void): SubscriberScript {
  return (socket, { afterSequence = 0 }, events) => {
    for (const event of events.slice(afterSequence, afterSequence + count)) socket.send(JSON.stringify(event));
    end(socket);
  };
}

async function untilConnections(server: EventServer, count: number): Promise<void> {
  for (let tries = 0; server.connectionCount() !== count && tries < 200; tries += 1) await delay(5);
  expect(server.connectionCount()).toBe(count);
}

describe('reading the events of a session', () => {
  it('yields every event in sequence and ends after session.ended', async () => {
    const events = sampleSession(5);
    await using server = await startEventServer({ events });
    const read: EmotionEvent[] = [];
    for await (const event of clientOf(server).events('call-1')) read.push(event);
    expect(read).toEqual(events);
    expect(server.subscriptions).toEqual([{ type: 'subscribe', version: 1, sessionId: 'call-1', afterSequence: 0 }]);
  });

  it('works with the WebSocket of the ws package', async () => {
    await using server = await startEventServer({ events: sampleSession(5) });
    expect(await readAll(server, {}, { WebSocket: WsWebSocket })).toEqual({ sequences: upTo(5), error: null });
  });

  it('starts after the sequence that the caller has seen', async () => {
    await using server = await startEventServer({ events: sampleSession(5) });
    expect(await readAll(server, { afterSequence: 3 })).toEqual({ sequences: [4, 5], error: null });
  });

  it('ends when an ended session has nothing more', async () => {
    await using server = await startEventServer({ events: sampleSession(5) });
    expect(await readAll(server, { afterSequence: 5 })).toEqual({ sequences: [], error: null });
  });

  it('carries the token as a subprotocol and never in the address', async () => {
    await using server = await startEventServer({ events: sampleSession(2) });
    await readAll(server, {}, { token: 'a-b_c' });
    expect(server.protocols).toEqual([['undertone.subscribe.v1', 'undertone.token.a-b_c']]);
  });

  it('subscribes anew for each iteration', async () => {
    await using server = await startEventServer({ events: sampleSession(3) });
    const events = clientOf(server).events('call-1');
    for (const _ of [1, 2]) {
      const sequences: number[] = [];
      for await (const event of events) sequences.push(event.sequence);
      expect(sequences).toEqual([1, 2, 3]);
    }
  });
});

describe('a connection that breaks', () => {
  it('anywhere, even in the middle of a message, loses and doubles nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 40 }),
        fc.array(fc.integer({ min: 1, max: 30_000 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 8 }),
        async (count, cuts, bufferSize) => {
          await using server = await startEventServer({ events: sampleSession(count) });
          await using proxy = await startCuttingProxy(server.port, cuts);
          const reconnect = { ...FAST, maxAttempts: 10 };
          expect(await readAll(proxy, {}, { bufferSize, reconnect })).toEqual({ sequences: upTo(count), error: null });
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each([1001, 1006, 1011, 4408, 4429, 4500, 4503, 4504])('with %i is resumed by sequence', async (code) => {
    const end: Parameters<typeof sendSome>[1] = (socket) => (code === 1006 ? socket.terminate() : socket.close(code));
    await using server = await startEventServer({
      events: sampleSession(9),
      scripts: [sendSome(2, end), sendSome(0, end), sendSome(3, end)],
    });
    expect(await readAll(server)).toEqual({ sequences: upTo(9), error: null });
    expect(server.subscriptions.map(({ afterSequence }) => afterSequence)).toEqual([0, 2, 2, 5]);
  });

  it('yields an event once when the server repeats it', async () => {
    const repeat: SubscriberScript = (socket, subscribe, events) => {
      for (const event of events.slice(0, 2)) socket.send(JSON.stringify(event));
      sendAll(socket, subscribe, events);
    };
    await using server = await startEventServer({ events: sampleSession(4), scripts: [repeat] });
    expect(await readAll(server)).toEqual({ sequences: upTo(4), error: null });
  });

  it('is given up after the allowed tries, with the last failure', async () => {
    const fail = sendSome(0, (socket) => socket.close(4503));
    await using server = await startEventServer({ scripts: [fail, fail, fail] });
    const { error } = await readAll(server, {}, { reconnect: { ...FAST, maxAttempts: 2 } });
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ code: 'overloaded', retry: true });
    expect(server.subscriptions).toHaveLength(3);
  });

  it('counts only tries in a row', async () => {
    const fail = sendSome(0, (socket) => socket.terminate());
    const one = sendSome(1, (socket) => socket.terminate());
    const scripts = [fail, one, fail, one, fail, one];
    await using server = await startEventServer({ events: sampleSession(6), scripts });
    const reconnect = { ...FAST, maxAttempts: 2 };
    expect(await readAll(server, {}, { reconnect })).toEqual({ sequences: upTo(6), error: null });
  });

  it('that never opened is told apart', async () => {
    const server = await startEventServer({});
    await server[Symbol.asyncDispose]();
    const { error } = await readAll(server, {}, { reconnect: { ...FAST, maxAttempts: 1 } });
    expect(error).toMatchObject({ code: 'connection-failed' });
  });
});

describe('a refusal', () => {
  it.each(Object.entries(CLOSE_CODES).filter(([, { retry }]) => !retry))(
    '%s is thrown at once, with its meaning',
    async (reason, { code, meaning }) => {
      await using server = await startEventServer({ scripts: [sendSome(0, (socket) => socket.close(code))] });
      const { error } = await readAll(server);
      expect(error).toBeInstanceOf(ClientError);
      expect(error).toMatchObject({ code: reason, message: meaning, retry: false });
      expect(server.subscriptions).toHaveLength(1);
    },
  );

  it('comes after the events that preceded it', async () => {
    await using server = await startEventServer({
      events: sampleSession(5),
      scripts: [sendSome(3, (socket) => socket.close(4401))],
    });
    const { sequences, error } = await readAll(server);
    expect(sequences).toEqual([1, 2, 3]);
    expect(error).toMatchObject({ code: 'unauthorized' });
  });

  it.each([
    ['no JSON', 'hello'],
    ['an unknown type', '{"type":"hello"}'],
    ['a malformed event', '{"type":"session.ended","sequence":1}'],
  ])('of the client meets a server that sends %s', async (_, text) => {
    await using server = await startEventServer({ scripts: [(socket) => socket.send(text)] });
    const { error } = await readAll(server);
    expect(error).toMatchObject({ code: 'protocol-violation', cause: { name: 'ProtocolError' } });
    await untilConnections(server, 0);
  });
});

describe('events that the server no longer holds', () => {
  const dropThree: SubscriberScript = (socket, subscribe, events) => {
    socket.send(JSON.stringify(events[0]));
    socket.send(JSON.stringify({ type: 'events.dropped', fromSequence: 2, toSequence: 4 }));
    sendAll(socket, { ...subscribe, afterSequence: 4 }, events);
  };
  const skipThree: SubscriberScript = (socket, subscribe, events) => {
    socket.send(JSON.stringify(events[0]));
    sendAll(socket, { ...subscribe, afterSequence: 4 }, events);
  };

  it.each([
    ['announced', dropThree],
    ['missing without a word', skipThree],
  ])('are an error when %s', async (_, script) => {
    await using server = await startEventServer({ events: sampleSession(6), scripts: [script] });
    const { sequences, error } = await readAll(server);
    expect(sequences).toEqual([1]);
    expect(error).toMatchObject({ code: 'events-dropped', dropped: { fromSequence: 2, toSequence: 4 } });
  });

  it.each([
    ['announced', dropThree],
    ['missing without a word', skipThree],
  ])('are told in their place to a caller who asks, when %s', async (_, script) => {
    await using server = await startEventServer({ events: sampleSession(6), scripts: [script] });
    const seen: unknown[] = [];
    const onDropped = (dropped: unknown) => seen.push(dropped);
    for await (const { sequence } of clientOf(server).events('call-1', { onDropped })) seen.push(sequence);
    expect(seen).toEqual([1, { reason: 'evicted', epoch: null, fromSequence: 2, toSequence: 4 }, 5, 6]);
  });

  it('do not count when they were seen already', async () => {
    const drop: SubscriberScript = (socket, subscribe, events) => {
      socket.send(JSON.stringify({ type: 'events.dropped', fromSequence: 1, toSequence: 3 }));
      sendAll(socket, subscribe, events);
    };
    await using server = await startEventServer({ events: sampleSession(5), scripts: [drop] });
    expect(await readAll(server, { afterSequence: 3 })).toEqual({ sequences: [4, 5], error: null });
  });
});

describe('a slow consumer', () => {
  it('pauses the connection instead of buffering without end, and loses nothing', async () => {
    await using server = await startEventServer({ events: sampleSession(60) });
    const sequences: number[] = [];
    for await (const { sequence } of clientOf(server, { bufferSize: 8 }).events('call-1')) {
      sequences.push(sequence);
      if (sequence % 5 === 0) await delay(5);
    }
    expect(sequences).toEqual(upTo(60));
    expect(server.subscriptions.length).toBeGreaterThan(2);
  });
});

describe('leaving', () => {
  const sendThree = sendSome(3, () => {});

  it('by a signal ends the iteration without an error and hangs up', async () => {
    await using server = await startEventServer({ events: sampleSession(9), scripts: [sendThree] });
    const stop = new AbortController();
    const sequences: number[] = [];
    for await (const { sequence } of clientOf(server).events('call-1', { signal: stop.signal })) {
      sequences.push(sequence);
      if (sequence === 3) setTimeout(() => stop.abort(), 10);
    }
    expect(sequences).toEqual([1, 2, 3]);
    await untilConnections(server, 0);
  });

  it('by a signal during the body yields nothing more', async () => {
    await using server = await startEventServer({ events: sampleSession(9), scripts: [sendThree] });
    const stop = new AbortController();
    const sequences: number[] = [];
    for await (const { sequence } of clientOf(server).events('call-1', { signal: stop.signal })) {
      sequences.push(sequence);
      await delay(10);
      stop.abort();
    }
    expect(sequences).toEqual([1]);
  });

  it('by a signal that was set before connects nowhere', async () => {
    await using server = await startEventServer({ events: sampleSession(3) });
    expect(await readAll(server, { signal: AbortSignal.abort() })).toEqual({ sequences: [], error: null });
    expect(server.subscriptions).toEqual([]);
  });

  it('by a signal cuts the wait for the next try short', async () => {
    await using server = await startEventServer({ scripts: [sendSome(0, (socket) => socket.terminate())] });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    const reconnect = { initialDelayMs: 60_000, maxDelayMs: 60_000 };
    expect(await readAll(server, { signal: stop.signal }, { reconnect })).toEqual({ sequences: [], error: null });
  });

  it('by break hangs up', async () => {
    await using server = await startEventServer({ events: sampleSession(9), scripts: [sendThree] });
    for await (const { sequence } of clientOf(server).events('call-1')) if (sequence === 2) break;
    await untilConnections(server, 0);
  });
});

describe("a caller's mistake", () => {
  it.each([
    ['an address of another kind', { url: 'ftp://localhost' }, TypeError],
    ['a token that no subprotocol carries', { url: 'http://localhost', token: 'a b' }, TypeError],
    ['no address', { url: 'localhost' }, TypeError],
    ['an empty buffer', { url: 'http://localhost', bufferSize: 0 }, RangeError],
  ])('is refused at once: %s', (_, options, kind) => {
    expect(() => createEmotionClient(options)).toThrow(kind);
  });

  it('in the arguments of events is refused at once', () => {
    const client = createEmotionClient({ url: 'http://localhost' });
    expect(() => client.events('../x')).toThrow(RangeError);
    expect(() => client.events('x', { afterSequence: -1 })).toThrow(RangeError);
  });
});
