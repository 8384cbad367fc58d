import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createEmotionClient,
  type EmotionEvent,
  openSession,
  type SequenceRange,
  type SessionPublisher,
} from '../../client-sdk/index.ts';
import { startSwitchingProxy } from '../support/client-sdk/switching-proxy.ts';
import { ServedProcess } from '../support/e2e/served-process.ts';
import { temporaryFolder } from '../support/recordings.ts';
import { until } from '../support/until.ts';

const FAST = { initialDelayMs: 20, maxDelayMs: 200, maxAttempts: 10_000 };

/** Words, far enough from each other to be utterances of their own. */
async function say(session: SessionPublisher, count: number): Promise<void> {
  const track = await session.addTrack({ id: 'caller' }, { kind: 'transcript' });
  for (let index = 0; index < count; index += 1) {
    const startMs = index * 3000;
    const words = { segmentId: `${index}`, startMs, endMs: startMs + 500, text: 'that is fine', final: true };
    session.sendTranscript(track, words);
  }
}

/** A subscriber that reads a session in the background, across restarts. */
function follow(url: string, sessionId: string) {
  const events: EmotionEvent[] = [];
  const dropped: SequenceRange[] = [];
  const client = createEmotionClient({ url, reconnect: FAST });
  const ended = (async () => {
    const read = client.events(sessionId, { onDropped: (range) => dropped.push(range) });
    for await (const event of read) events.push(event);
  })();
  return { events, dropped, ended };
}

describe('a server that is killed and started again', () => {
  it('continues its sessions: subscribers see each event once, and publishers come back', async () => {
    const folder = join(temporaryFolder(), 'data');
    const start = () => ServedProcess.start('--port', '0', '--data-dir', folder);
    const first = await start();
    await using proxy = await startSwitchingProxy(first.port);
    const before = await openSession({ url: first.url, sessionId: 'call', title: 'A call' });
    before.closed.catch(() => {});
    const subscriber = follow(proxy.url, 'call');
    await say(before, 6);
    await until(() => subscriber.events.length === 13);

    proxy.target(null);
    await first.kill('SIGKILL');
    await using second = await start();
    const client = createEmotionClient({ url: second.url });
    const interrupted = await client.getSession('call');
    expect(interrupted).toMatchObject({ state: 'live', interrupted: true, title: 'A call', utteranceCount: 6 });
    expect(interrupted.epoch).toBe(before.epoch);
    proxy.target(second.port);

    const after = await openSession({ url: second.url, sessionId: 'call' });
    expect(after.epoch).toBe(before.epoch);
    expect((await client.getSession('call')).interrupted).toBeUndefined();
    await say(after, 4);
    await after.end();
    await subscriber.ended;
    // The caller may have begun another utterance when the first server died.
    const last = subscriber.events.at(-1);
    expect(subscriber.events.map(({ sequence }) => sequence)).toEqual(upTo(last!.sequence));
    expect(subscriber.dropped).toEqual([]);
    expect(last).toMatchObject({ type: 'session.ended', reason: 'completed' });
    expect(scored(subscriber.events)).toBe(10);
  });

  it('ends a session whose publisher does not come back in time', async () => {
    const folder = join(temporaryFolder(), 'data');
    const start = () => ServedProcess.start('--port', '0', '--data-dir', folder, '--restart-grace-ms', '50');
    const first = await start();
    await using proxy = await startSwitchingProxy(first.port);
    const publisher = await openSession({ url: first.url, sessionId: 'call' });
    publisher.closed.catch(() => {});
    const subscriber = follow(proxy.url, 'call');
    await until(() => subscriber.events.length === 1);
    await first.kill('SIGKILL');
    await using second = await start();
    proxy.target(second.port);
    await subscriber.ended;
    expect(subscriber.events.map(({ type }) => type)).toEqual(['session.started', 'session.ended']);
    expect(subscriber.events[1]).toMatchObject({ sequence: 2, reason: 'disconnected' });
  });
});

describe('a server without a usable history', () => {
  it('says so in its banner, its log and /readyz, and takes calls all the same', async () => {
    const folder = join(temporaryFolder(), 'data');
    mkdirSync(folder);
    writeFileSync(join(folder, 'history.db'), 'something else, and long enough to have a header of its own'.repeat(40));
    await using server = await ServedProcess.start('--port', '0', '--data-dir', folder);
    const told = 'the file of the history is no SQLite database; move it away, or restore a back-up';
    expect(server.stdout).toContain(`History     none: ${told}`);
    expect(server.stderr).toContain(told);
    const ready = await fetch(`${server.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', history: told }]);
    const session = await openSession({ url: server.url, sessionId: 'call' });
    await session.end();
    expect(await createEmotionClient({ url: server.url }).getSession('call')).toMatchObject({ state: 'ended' });
  });
});

function scored(events: readonly EmotionEvent[]): number {
  return events.filter(({ type }) => type === 'utterance.emotion').length;
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
