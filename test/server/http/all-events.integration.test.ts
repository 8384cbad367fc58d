import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmotionClient } from '../../../client-sdk/index.ts';
import type { EmotionEvent, EventPage, HttpError, SessionList } from '../../../client-sdk/protocol/index.ts';
import { Publisher, Subscriber } from '../../support/server/peers.ts';
import { publisherToken, SECRET } from '../../support/server/publisher-token.ts';
import { startTestServer, type TestServer } from '../../support/server/test-server.ts';

let server: TestServer;

beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

/** Publishes a call with one utterance, to its end. */
async function makeCall(sessionId: string, role: 'customer' | 'agent' = 'customer'): Promise<void> {
  const publisher = new Publisher(server.socketUrl);
  await publisher.opened();
  publisher.send({ type: 'session.start', version: 1, sessionId });
  const media = { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz: 16_000 } as const;
  publisher.send({ type: 'track.add', track: 1, participant: { id: 'ann', role }, media });
  await publisher.untilType('track.ready');
  publisher.sendAudio(0);
  publisher.send({ type: 'session.end' });
  await publisher.closed;
}

const shortOf = ({ sessionId, type }: EmotionEvent) => `${sessionId} ${type}`;
const clientOf = ({ url }: TestServer) => createEmotionClient({ url, reconnect: { initialDelayMs: 10 } });

/** The next events of a stream, as `session type`. */
async function take(events: AsyncIterable<EmotionEvent>, count: number): Promise<EmotionEvent[]> {
  const taken: EmotionEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

describe('the events of all sessions', () => {
  it('come in one stream, of sessions that are opened later too, and go on after the last position', async () => {
    await makeCall('first');
    const reading = take(clientOf(server).allEvents(), 8);
    await makeCall('second');
    const events = await reading;
    expect(events.map(shortOf)).toEqual(
      ['first', 'second'].flatMap((id) =>
        ['session.started', 'utterance.started', 'utterance.emotion', 'session.ended'].map((type) => `${id} ${type}`),
      ),
    );
    const after = events[5]!.position!;
    expect((await take(clientOf(server).allEvents({ after }), 2)).map(shortOf)).toEqual([
      'second utterance.emotion',
      'second session.ended',
    ]);
  });

  it('are only those of the wanted types and roles', async () => {
    await makeCall('agent', 'agent');
    await makeCall('customer', 'customer');
    const page = async (query: string) => {
      const { events } = (await (await fetch(`${server.url}/v1/events?${query}`)).json()) as EventPage;
      return events.map(shortOf);
    };
    expect(await page('types=utterance.emotion')).toEqual(['agent utterance.emotion', 'customer utterance.emotion']);
    expect(await page('types=utterance.emotion,session.ended&roles=customer')).toEqual([
      'agent session.ended',
      'customer utterance.emotion',
      'customer session.ended',
    ]);
    const wanted = clientOf(server).allEvents({ types: ['utterance.emotion'], roles: ['customer'] });
    expect((await take(wanted, 1)).map(shortOf)).toEqual(['customer utterance.emotion']);
  });

  it('go on where a list of the sessions was made', async () => {
    await makeCall('first');
    const { position } = (await (await fetch(`${server.url}/v1/sessions`)).json()) as SessionList;
    await makeCall('second');
    const [event] = await take(clientOf(server).allEvents({ after: position! }), 1);
    expect(shortOf(event!)).toBe('second session.started');
  });

  it('are read as server-sent events, whose ids resume the stream', async () => {
    await makeCall('first');
    const abort = new AbortController();
    const headers = { accept: 'text/event-stream', 'last-event-id': `${server.sessions.events.epoch}:3` };
    const response = await fetch(`${server.url}/v1/events`, { headers, signal: abort.signal });
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes('session.ended')) break;
    }
    abort.abort();
    expect(text).toContain(`id: ${server.sessions.events.epoch}:4\nevent: session.ended\ndata: {"position":`);
    expect(text).not.toContain('utterance.emotion');
  });

  it('begin anew for a reader of the server before, who is told so', async () => {
    await makeCall('first');
    const abort = new AbortController();
    const dropped: string[] = [];
    const seen: string[] = [];
    const reading = (async () => {
      const options = {
        signal: abort.signal,
        onDropped: ({ reason }: { reason: string }) => void dropped.push(reason),
      };
      for await (const event of clientOf(server).allEvents({ ...options, after: 'before:17' })) {
        seen.push(shortOf(event));
        if (seen.length === 4) abort.abort();
      }
    })();
    await reading;
    expect(dropped).toEqual(['restarted']);
    expect(seen[0]).toBe('first session.started');
  });

  it('end for a subscriber when the server stops, who is asked to come back', async () => {
    const subscriber = await new Subscriber(server.socketUrl).start('*');
    await makeCall('first');
    await subscriber.until((message) => message.type === 'session.ended');
    await server.close();
    expect(await subscriber.closed).toEqual({ code: 4504, reason: 'shutdown' });
  });

  it('are refused for a token that is limited to one session', async () => {
    const guarded = await startTestServer({ config: { token: SECRET } });
    try {
      const token = publisherToken({ session: 'call', scope: 'read subscribe' });
      const answer = await fetch(`${guarded.url}/v1/events`, { headers: { authorization: `Bearer ${token}` } });
      expect(answer.status).toBe(403);
      expect(((await answer.json()) as HttpError).error.code).toBe('forbidden');
      const peer = await new Subscriber(guarded.socketUrl, { authorization: `Bearer ${token}` }).start('*');
      expect((await peer.closed).reason).toBe('unknown-session');
    } finally {
      await guarded.close();
    }
  });

  it('answer 400 to a filter that names nothing', async () => {
    for (const query of ['types=joy', 'roles=', 'types=utterance.emotion,', 'after=x']) {
      expect((await fetch(`${server.url}/v1/events?${query}`)).status).toBe(400);
    }
  });
});

describe('a session that does not exist yet', () => {
  it('is waited for by a subscriber and by a stream that ask for it', async () => {
    const reading = take(clientOf(server).events('later', { wait: true }), 4);
    const url = `${server.url}/v1/sessions/later/events?wait=true`;
    const stream = fetch(url, { headers: { accept: 'text/event-stream' } });
    const streaming = stream.then((response) => response.text());
    await stream;
    await makeCall('later');
    expect((await reading).map(shortOf).at(-1)).toBe('later session.ended');
    expect(await streaming).toContain('event: session.ended');
  });

  it('is unknown to those that do not ask', async () => {
    const [first] = await Promise.allSettled([take(clientOf(server).events('later'), 1)]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'unknown-session' } });
    const answer = await fetch(`${server.url}/v1/sessions/*/events?wait=true`, {
      headers: { accept: 'text/event-stream' },
    });
    expect(answer.status).toBe(404);
  });
});
