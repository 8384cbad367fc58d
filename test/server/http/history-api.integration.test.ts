import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmotionClient } from '../../../client-sdk/index.ts';
import type {
  CallSummary,
  EventPage,
  HttpError,
  SessionErased,
  SessionList,
  SessionSummary,
} from '../../../client-sdk/protocol/index.ts';
import { signToken, type TokenClaims } from '../../../server/access/sign-token.ts';
import { HistoryError } from '../../../server/history/history-error.ts';
import type { HistoryStore } from '../../../server/history/history-store.ts';
import { directHistory } from '../../support/history/direct-history.ts';
import { aCall, DAY_MS, START_MS } from '../../support/history/stored-call.ts';
import { Publisher, Subscriber } from '../../support/server/peers.ts';
import { startTestServer, type TestServer } from '../../support/server/test-server.ts';

const TOKEN = 'a-secret-of-some-length-and-more';
const IN_MEMORY = { folder: null, safeAgainst: 'process', keepsWords: true, startedAtMs: START_MS } as const;
/** The stored calls are older than anything is kept by default. */
const FOREVER = { keepWordsDays: 36_500, keepEventsDays: 36_500, keepSummariesDays: 36_500 };
let server: TestServer;
let store: HistoryStore;
let headers: Record<string, string>;

beforeEach(async () => {
  store = directHistory(IN_MEMORY);
  server = await startTestServer({ history: store, config: { token: TOKEN, ...FOREVER } });
  headers = { Authorization: `Bearer ${TOKEN}` };
});
afterEach(() => server.close());

async function get<T>(path: string, init: RequestInit = {}): Promise<{ status: number; body: T }> {
  const response = await fetch(server.url + path, { headers, ...init });
  return { status: response.status, body: (await response.json()) as T };
}

async function text(path: string): Promise<{ type: string | null; body: string }> {
  const response = await fetch(server.url + path, { headers });
  // Decoded as it is, with its byte order mark.
  const body = Buffer.from(await response.arrayBuffer()).toString();
  return { type: response.headers.get('content-type'), body };
}

async function holding(claims: TokenClaims): Promise<void> {
  headers = { Authorization: `Bearer ${await signToken(TOKEN, claims, Date.now() / 1000 + 60)}` };
}

/** Three calls that ended before the server was started. */
async function storeCalls(): Promise<void> {
  const calls = [
    aCall('one', [
      { participant: 'ann', label: 'anger', confidence: 0.9, text: 'I want my refund' },
      { participant: 'bob', role: 'agent', label: 'neutral', confidence: 0.4, text: '=SUM(A1)' },
    ]),
    aCall('two', [{ participant: 'ann', label: 'joy', text: 'the refunds came, "thanks"' }], {
      startedAtMs: START_MS + DAY_MS,
    }),
    aCall('three', [], { startedAtMs: START_MS + 2 * DAY_MS }),
  ];
  for (const { run, events } of calls) await store.write({ runs: [run], events });
}

const idsOf = ({ sessions }: SessionList) => sessions.map(({ sessionId }) => sessionId);

describe('GET /v1/sessions', () => {
  beforeEach(storeCalls);

  it('lists live sessions and then those that ended, also before the server was started', async () => {
    await new Publisher(server.socketUrl, headers).start('now');
    const { body } = await get<SessionList>('/v1/sessions');
    expect(idsOf(body)).toEqual(['now', 'three', 'two', 'one']);
    expect(body.sessions.at(-1)).toMatchObject({ state: 'ended', endReason: 'completed', utteranceCount: 2 });
  });

  it('finds stored sessions by conditions, with the utterance that fulfils them', async () => {
    const { body } = await get<SessionList>('/v1/sessions?text=refund&minConfidence=0.85');
    expect(body).toMatchObject({
      sessions: [{ sessionId: 'one', match: { text: 'I want my refund', label: 'anger', confidence: 0.9 } }],
      next: null,
    });
    expect(idsOf((await get<SessionList>('/v1/sessions?from=2026-01-02&to=2026-01-03')).body)).toEqual(['two']);
    expect(idsOf((await get<SessionList>('/v1/sessions?participant=ann')).body)).toEqual(['two', 'one']);
    expect(idsOf((await get<SessionList>('/v1/sessions?role=agent')).body)).toEqual(['one']);
  });

  it('gives pages', async () => {
    const first = await get<SessionList>('/v1/sessions?limit=2');
    expect(idsOf(first.body)).toEqual(['three', 'two']);
    const rest = await get<SessionList>(`/v1/sessions?limit=2&cursor=${first.body.next}`);
    expect([idsOf(rest.body), rest.body.next]).toEqual([['one'], null]);
  });

  it('is asked by the client library, page by page', async () => {
    const client = createEmotionClient({ url: server.url, token: TOKEN });
    const first = await client.findSessions({ participant: 'ann', limit: 1 });
    expect(first.sessions.map(({ sessionId }) => sessionId)).toEqual(['two']);
    const rest = await client.findSessions({ participant: 'ann', limit: 1, cursor: first.next! });
    expect(rest).toMatchObject({ sessions: [{ sessionId: 'one' }], next: null });
    const { sessions } = await client.findSessions({ text: 'refund', label: 'anger' });
    expect(sessions).toMatchObject([{ match: { utteranceId: 'ann-0', text: 'I want my refund', sentiment: -0.412 } }]);
    await expect(client.findSessions({ from: 'yesterday' })).rejects.toMatchObject({ code: 'malformed' });
  });

  it('tells a live session as it is now', async () => {
    const publisher = await new Publisher(server.socketUrl, headers).start('now');
    publisher.sendAudio(0);
    await expect.poll(async () => (await get<SessionList>('/v1/sessions?state=live')).body.sessions).toHaveLength(1);
    const { body } = await get<SessionList>('/v1/sessions?state=live');
    expect(body.sessions[0]).toMatchObject({ sessionId: 'now', participants: [{ id: 'ann' }] });
  });

  it('refuses a wrong condition, and does not repeat what was asked', async () => {
    const { status, body } = await get<HttpError>('/v1/sessions?label=secret-word');
    expect([status, body.error.code]).toEqual([400, 'invalid-query']);
    expect(JSON.stringify(body)).not.toContain('secret-word');
  });

  it('shows a token that is limited to one session no other one', async () => {
    await holding({ scopes: ['read'], session: 'two' });
    for (const path of [
      '/v1/sessions',
      '/v1/sessions?state=ended',
      '/v1/sessions?text=refund',
      '/v1/sessions?label=joy',
    ]) {
      expect(idsOf((await get<SessionList>(path)).body), path).toEqual(['two']);
    }
    expect(idsOf((await get<SessionList>('/v1/sessions?label=anger')).body)).toEqual([]);
    for (const path of ['', '/events', '/summary', '/export']) {
      expect((await get(`/v1/sessions/one${path}`)).status, path).toBe(404);
      expect((await fetch(`${server.url}/v1/sessions/two${path}`, { headers })).status, path).toBe(200);
    }
    expect((await text('/v1/export')).body).not.toContain('"one"');
  });

  it('needs the scope for each way to read', async () => {
    await holding({ scopes: ['publish'] });
    for (const path of ['/v1/sessions?limit=1', '/v1/sessions/one/summary', '/v1/sessions/one/export', '/v1/export']) {
      expect((await get(path)).status, path).toBe(401);
    }
  });
});

describe('a session that is only stored', () => {
  beforeEach(storeCalls);

  it('is told as any other', async () => {
    expect((await get<SessionSummary>('/v1/sessions/two')).body).toMatchObject({
      sessionId: 'two',
      startedAt: '2026-01-02T00:00:00.000Z',
      participants: [{ id: 'ann' }],
    });
    expect((await get('/v1/sessions/four')).status).toBe(404);
    expect((await get('/v1/sessions/two?epoch=other')).status).toBe(404);
    expect((await get('/v1/sessions/two?epoch=a&epoch=b')).status).toBe(400);
  });

  it('has its events, in pages', async () => {
    const { body } = await get<EventPage>('/v1/sessions/one/events');
    expect(body.events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    expect(body).toMatchObject({ next: 'epoch-of-one:4', nextAfter: 4 });
    expect(body.dropped).toBeUndefined();
    const rest = await get<EventPage>('/v1/sessions/one/events?after=epoch-of-one:3');
    expect(rest.body.events).toHaveLength(1);
    const other = await get<EventPage>('/v1/sessions/one/events?after=another:3');
    expect(other.body.dropped).toMatchObject([{ reason: 'restarted', fromSequence: 4 }]);
    expect(other.body.events).toHaveLength(4);
  });

  it('says which events were deleted because they were old', async () => {
    const limits = { wordsMs: 1e12, eventsMs: 1, summariesMs: 1e15, maxBytes: 1e12 };
    await store.prune(limits, START_MS + 30 * DAY_MS);
    const { body } = await get<EventPage>('/v1/sessions/one/events?after=1');
    expect(body).toMatchObject({
      events: [],
      nextAfter: 4,
      dropped: [{ reason: 'evicted', fromSequence: 2, toSequence: 4 }],
    });
    expect((await get<CallSummary>('/v1/sessions/one/summary')).body.participants).toHaveLength(2);
  });

  it('can be followed to its end by a subscriber that had not seen all of it', async () => {
    const subscriber = await new Subscriber(server.socketUrl, headers).start('one', 2, 'epoch-of-one');
    expect(await subscriber.closed).toEqual({ code: 1000, reason: '' });
    expect(subscriber.received.map(({ type }) => type)).toEqual(['utterance.emotion', 'session.ended']);
    const response = await fetch(`${server.url}/v1/sessions/one/events`, {
      headers: { ...headers, Accept: 'text/event-stream', 'Last-Event-ID': 'epoch-of-one:3' },
    });
    expect(await response.text()).toContain('id: epoch-of-one:4\nevent: session.ended\n');
    const nobody = await new Subscriber(server.socketUrl, headers).start('nobody');
    expect((await nobody.closed).reason).toBe('unknown-session');
    await holding({ scopes: ['subscribe'], session: 'two' });
    const other = await new Subscriber(server.socketUrl, headers).start('one');
    expect((await other.closed).reason).toBe('unknown-session');
  });

  it('is summed up per participant', async () => {
    const { body } = await get<CallSummary>('/v1/sessions/one/summary');
    expect(body).toMatchObject({ session: { sessionId: 'one', utteranceCount: 2 } });
    expect(body.participants).toEqual([
      {
        id: 'ann',
        role: 'customer',
        utteranceCount: 1,
        failedCount: 0,
        spokenMs: 1500,
        emotions: { anger: 1 },
        unclearCount: 0,
        meanSentiment: -0.412,
        dissatisfiedCount: 0,
      },
      expect.objectContaining({ id: 'bob', role: 'agent', emotions: {}, unclearCount: 1 }),
    ]);
  });

  it('is exported as lines of JSON with one type per column', async () => {
    const { type, body } = await text('/v1/sessions/one/export');
    expect(type).toContain('application/x-ndjson');
    const rows = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toHaveLength(2);
    expect(Object.keys(rows[0])).toEqual(Object.keys(rows[1]));
    expect(rows[0]).toMatchObject({
      sessionStartedAt: '2026-01-01T00:00:00.000Z',
      sessionId: 'one',
      participant: 'ann',
      label: 'anger',
      confidence: 0.9,
      certain: true,
      text: 'I want my refund',
    });
  });

  it('is exported as CSV that a spreadsheet does not run', async () => {
    const { type, body } = await text('/v1/sessions/one/export?format=utterances-csv');
    expect(type).toContain('text/csv');
    const [head, first, second] = body.split('\r\n');
    expect(head).toMatch(/^\ufeffsessionStartedAt,sessionId,epoch,utteranceId,participant,role,startMs,/);
    expect(first).toMatch(/^2026-01-01T00:00:00.000Z,one,epoch-of-one,ann-0,ann,customer,0,1500,0,2,anger,0.9,true,/);
    expect(second).toContain(",'=SUM(A1)");
  });

  it('is exported as its events', async () => {
    const { body } = await text('/v1/sessions/two/export?format=events-jsonl');
    const events = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ type }) => type)).toEqual(['session.started', 'utterance.emotion', 'session.ended']);
    expect((await get('/v1/sessions/two/export?format=xml')).status).toBe(400);
  });
});

describe('GET /v1/export', () => {
  it('exports all sessions of a range, newest first', async () => {
    await storeCalls();
    const { body } = await text('/v1/export?from=2026-01-01&to=2026-01-03');
    const rows = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.map(({ sessionId }) => sessionId)).toEqual(['two', 'one', 'one']);
    expect((await text('/v1/export?label=anger')).body.split('\n')).toHaveLength(3);
    expect((await get('/v1/export?fron=2026-01-01')).status).toBe(400);
  });
});

describe('DELETE /v1/sessions/ID', () => {
  const erase = (sessionId: string) => get<SessionErased>(`/v1/sessions/${sessionId}`, { method: 'DELETE' });

  it('erases a stored session, and the log of it names no content', async () => {
    await storeCalls();
    expect(await erase('one')).toEqual({ status: 200, body: { sessions: 1, events: 4, words: 2 } });
    expect((await get('/v1/sessions/one')).status).toBe(404);
    expect(idsOf((await get<SessionList>('/v1/sessions?text=refund')).body)).toEqual(['two']);
    expect((await erase('one')).status).toBe(404);
    expect(server.logLines.find((line) => line.includes('"action":"erase"'))).toContain('"sessionId":"one"');
    expect(server.logLines.join('')).not.toContain('refund');
  });

  it('erases a session that has just ended, from memory too, and refuses to erase a live one', async () => {
    const publisher = await new Publisher(server.socketUrl, headers).start('call');
    const subscriber = await new Subscriber(server.socketUrl, headers).start('call');
    publisher.sendAudio(0);
    expect((await erase('call')).status).toBe(409);
    publisher.send({ type: 'session.end' });
    await subscriber.untilType('session.ended');
    await expect.poll(() => server.sessions.get('call')?.state).toBe('ended');
    expect(await erase('call')).toMatchObject({ status: 200, body: { sessions: 1 } });
    expect(server.sessions.get('call')).toBeUndefined();
    expect(idsOf((await get<SessionList>('/v1/sessions')).body)).toEqual([]);
    expect(idsOf((await get<SessionList>('/v1/sessions?limit=9')).body)).toEqual([]);
  });

  it('needs a scope of its own, and a token for one session erases no other', async () => {
    await storeCalls();
    await holding({ scopes: ['read', 'publish', 'session:end'] });
    expect((await erase('one')).status).toBe(401);
    await holding({ scopes: ['session:erase'], session: 'two' });
    expect((await erase('one')).status).toBe(404);
    expect((await erase('two')).status).toBe(200);
  });
});

describe('events that the memory no longer has', () => {
  it('come from the history', async () => {
    const small = await startTestServer({ history: directHistory(IN_MEMORY), config: { eventLogEvents: 10 } });
    const publisher = await new Publisher(small.socketUrl).start('call');
    const subscriber = await new Subscriber(small.socketUrl).start('call');
    publisher.send({ type: 'track.add', track: 2, participant: { id: 'ann' }, media: { kind: 'transcript' } });
    for (let index = 1; index <= 20; index += 1) {
      const words = { startMs: index, endMs: index + 1, text: 'well', final: true };
      publisher.send({ type: 'transcript', track: 2, segmentId: `${index}`, ...words });
    }
    await subscriber.until((event) => 'sequence' in event && event.sequence === 21);
    expect(small.sessions.get('call')!.events.firstSequence).toBeGreaterThan(10);
    const page = (await (await fetch(`${small.url}/v1/sessions/call/events`)).json()) as EventPage;
    expect(page.events.slice(0, 12).map(({ sequence }) => sequence)).toEqual(upTo(12));
    expect(page.dropped).toBeUndefined();
    await small.close();
  });
});

describe('a server without a history', () => {
  it('says so when it is searched, and lists what is in memory', async () => {
    const failure = new HistoryError('disk-full', 'the disk of the history is full');
    for (const history of [failure, undefined]) {
      const bare = await startTestServer({ ...(history && { history }) });
      await new Publisher(bare.socketUrl).start('call');
      expect(idsOf((await (await fetch(`${bare.url}/v1/sessions`)).json()) as SessionList)).toEqual(['call']);
      const search = await fetch(`${bare.url}/v1/sessions?text=refund`);
      expect([search.status, ((await search.json()) as HttpError).error.code]).toEqual([503, 'no-history']);
      await bare.close();
    }
  });
});

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
