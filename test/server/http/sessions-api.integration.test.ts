import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventPage, HttpError, SessionList, SessionSummary } from '../../../client-sdk/protocol/index.ts';
import { Publisher } from '../../support/server/peers.ts';
import { startTestServer, type TestServer } from '../../support/server/test-server.ts';

let server: TestServer;
let publisher: Publisher;

beforeEach(async () => {
  server = await startTestServer({ config: { heartbeatMs: 100 } });
  publisher = await new Publisher(server.socketUrl).start('call');
});
afterEach(() => server.close());

async function get<T>(path: string): Promise<{ status: number; body: T }> {
  const response = await fetch(server.url + path);
  return { status: response.status, body: (await response.json()) as T };
}

async function endCall(): Promise<void> {
  publisher.sendAudio(0);
  publisher.send({ type: 'session.end' });
  await publisher.closed;
}

function epochOf(sessionId: string): string {
  return server.sessions.get(sessionId)!.events.epoch;
}

interface StreamedEvent {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string | undefined;
}

/** Reads a stream to its end, or until `enough`. */
async function readStream(
  path: string,
  headers: Record<string, string>,
  enough: (text: string) => boolean = () => false,
) {
  const abort = new AbortController();
  const response = await fetch(server.url + path, {
    headers: { Accept: 'text/event-stream', ...headers },
    signal: abort.signal,
  });
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (enough(text)) break;
  }
  abort.abort();
  const events = text.split('\n\n').flatMap((block): StreamedEvent[] => {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    return field('event') === undefined ? [] : [{ id: field('id'), event: field('event'), data: field('data') }];
  });
  return { response, text, events };
}

describe('GET /v1/sessions', () => {
  it('lists the sessions, newest first, live and ended', async () => {
    await endCall();
    await new Publisher(server.socketUrl).start('second');
    const { body } = await get<SessionList>('/v1/sessions');
    expect(body.sessions.map(({ sessionId, state }) => [sessionId, state])).toEqual([
      ['second', 'live'],
      ['call', 'ended'],
    ]);
  });

  it('tells of one session what it was, and how far it is', async () => {
    await endCall();
    const { status, body } = await get<SessionSummary>('/v1/sessions/call');
    expect(status).toBe(200);
    expect(body).toEqual({
      sessionId: 'call',
      title: null,
      state: 'ended',
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      endedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      endReason: 'completed',
      participants: [{ id: 'ann', role: 'unknown', displayName: 'Ann Example' }],
      utteranceCount: 1,
      epoch: expect.stringMatching(/^[\w-]{12}$/),
      lastSequence: 4,
      mediaTimeMs: 0,
      states: [
        {
          participantId: 'ann',
          speakingSinceMs: null,
          latest: expect.objectContaining({ utteranceId: 'ann-0', emotion: { label: 'joy', confidence: 1 } }),
          sentiments: [3],
        },
      ],
    });
  });

  it('answers 404 and says why for a session that it does not hold', async () => {
    for (const path of ['/v1/sessions/none', '/v1/sessions/none/events']) {
      const { status, body } = await get<HttpError>(path);
      expect(status).toBe(404);
      expect(body.error.code).toBe('unknown-session');
    }
  });

  it('forgets the oldest ended session when too many have ended', async () => {
    const small = await startTestServer({ config: { maxEndedSessions: 1 } });
    for (const id of ['one', 'two']) {
      const caller = await new Publisher(small.socketUrl).start(id);
      caller.send({ type: 'session.end' });
      await caller.closed;
    }
    expect(small.sessions.list().map((session) => session.id)).toEqual(['two']);
    await small.close();
  });
});

describe('GET /v1/sessions/:id/events', () => {
  it('pages through the events', async () => {
    await endCall();
    const first = await get<EventPage>('/v1/sessions/call/events?after=1');
    expect(first.body.events.map((event) => event.sequence)).toEqual([2, 3, 4]);
    expect(first.body.nextAfter).toBe(4);
    const next = `${epochOf('call')}:4`;
    expect(first.body.next).toBe(next);
    const last = { events: [], next, nextAfter: 4 };
    expect((await get<EventPage>(`/v1/sessions/call/events?after=${next}`)).body).toEqual(last);
    expect((await get<EventPage>('/v1/sessions/call/events?after=4')).body).toEqual(last);
  });

  it.each(['another:2', 'another:0', '27'])(
    'answers the position %s by what happened and the whole log',
    async (after) => {
      await endCall();
      const { body } = await get<EventPage>(`/v1/sessions/call/events?after=${after}`);
      const unseen = Number(after.split(':').at(-1)) + 1;
      const epoch = epochOf('call');
      const restarted = {
        type: 'events.dropped',
        reason: 'restarted',
        epoch,
        fromSequence: unseen,
        toSequence: unseen,
      };
      expect(body.dropped).toEqual([restarted]);
      expect(body.events.map((event) => event.sequence)).toEqual([1, 2, 3, 4]);
    },
  );

  it.each(['-1', '1.5', 'x', '99999999999999999', 'a b:1', ':1', 'a:', 'a:b:1', '1&after=2'])(
    'refuses the position %s',
    async (after) => {
      const { status, body } = await get<HttpError>(`/v1/sessions/call/events?after=${after}`);
      expect(status).toBe(400);
      expect(body.error.code).toBe('invalid-after');
    },
  );

  it('streams to the last event, each with its sequence as id, and ends', async () => {
    const reading = readStream('/v1/sessions/call/events', {});
    await endCall();
    const { response, events } = await reading;
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(events.map(({ id, event }) => [id, event])).toEqual([
      [`${epochOf('call')}:1`, 'session.started'],
      [`${epochOf('call')}:2`, 'utterance.started'],
      [`${epochOf('call')}:3`, 'utterance.emotion'],
      [`${epochOf('call')}:4`, 'session.ended'],
    ]);
    expect(JSON.parse(events[2]!.data!)).toMatchObject({ sequence: 3, utteranceId: 'ann-0' });
  });

  it('resumes a stream after Last-Event-ID, and tells a browser with everything to stop', async () => {
    await endCall();
    const epoch = epochOf('call');
    for (const [second, last] of [
      [`${epoch}:2`, `${epoch}:4`],
      ['2', '4'],
    ] as const) {
      const { events } = await readStream('/v1/sessions/call/events?after=1', { 'Last-Event-ID': second });
      expect(events.map((event) => event.id)).toEqual([`${epoch}:3`, `${epoch}:4`]);
      const headers = { Accept: 'text/event-stream', 'Last-Event-ID': last };
      expect((await fetch(`${server.url}/v1/sessions/call/events`, { headers })).status).toBe(204);
    }
  });

  it('tells a stream that was in another log so, and sends the whole of this one', async () => {
    await endCall();
    const { events } = await readStream('/v1/sessions/call/events', { 'Last-Event-ID': 'another:4' });
    expect(events[0]).toMatchObject({ id: undefined, event: 'events.dropped' });
    expect(JSON.parse(events[0]!.data!)).toMatchObject({
      reason: 'restarted',
      epoch: epochOf('call'),
      fromSequence: 5,
    });
    expect(events.slice(1).map((event) => event.id)).toEqual([1, 2, 3, 4].map((n) => `${epochOf('call')}:${n}`));
  });

  it('keeps a quiet stream alive with comments', async () => {
    const { text } = await readStream('/v1/sessions/call/events', {}, (soFar) => soFar.includes('\n: '));
    expect(text).toContain(': still here');
  });

  it('counts streams with the other connections, and forgets one that was left', async () => {
    const small = await startTestServer({ config: { maxConnections: 2 } });
    await new Publisher(small.socketUrl).start('call');
    const open = () =>
      new Promise<{ status: number; leave: () => void }>((resolve) => {
        const headers = { Accept: 'text/event-stream' };
        const request = httpRequest(`${small.url}/v1/sessions/call/events`, { headers }, (response) => {
          resolve({ status: response.statusCode ?? 0, leave: () => request.destroy() });
        });
        request.on('error', () => {});
        request.end();
      });
    const first = await open();
    expect(first.status).toBe(200);
    expect((await open()).status).toBe(503);
    first.leave();
    await expect.poll(async () => (await open()).status).toBe(200);
    await small.close();
  });
});
