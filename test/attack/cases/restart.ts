import { setTimeout as sleep } from 'node:timers/promises';
import {
  createEmotionClient,
  type EmotionEvent,
  openSession,
  type SequenceRange,
  type SessionPublisher,
} from '../../../client-sdk/index.ts';
import { startSwitchingProxy } from '../../support/client-sdk/switching-proxy.ts';
import { until } from '../../support/until.ts';
import type { AttackCase } from '../attack-case.ts';
import type { ServerUnderAttack } from '../server-under-attack.ts';

const SESSION = 'call-7';
const ENDED = 'call-8';
const LATE = 'call-9';
/** A subscriber that has not read the whole session by then never will, also on a busy machine. In ms. */
const READ_WITHIN_MS = 60_000;

export const cases: readonly AttackCase[] = [
  {
    name: 'a subscriber loses no event of a session that is opened again after the server was killed',
    async run(attack) {
      const first = await attack.start();
      await using proxy = await startSwitchingProxy(portOf(first));
      const events: EmotionEvent[] = [];
      const notices: SequenceRange[] = [];
      const reconnect = { initialDelayMs: 50, maxDelayMs: 200, maxAttempts: 1000 };
      const client = createEmotionClient({ url: proxy.url, reconnect });

      const before = await openSession({ url: first.url, sessionId: SESSION });
      before.closed.catch(() => {});
      const reading = (async () => {
        const onDropped = (range: SequenceRange) => notices.push(range);
        for await (const event of client.events(SESSION, { signal: attack.signal, onDropped })) events.push(event);
      })();
      // 1 + 13 × 2 events: the subscriber stands at 27.
      await say(before, 13);
      await until(() => events.length === 27, attack.signal);

      proxy.target(null);
      await first.kill('SIGKILL');
      const second = await attack.start();
      proxy.target(portOf(second));
      // The subscriber is back before the publisher: it must wait for the session to exist again.
      await sleep(500);
      const after = await openSession({ url: second.url, sessionId: SESSION });
      // 1 + 8 × 2 + 1 events: fewer than the subscriber has seen.
      await say(after, 8);
      await after.end();
      await Promise.race([reading, sleep(READ_WITHIN_MS)]);

      const fresh = events.slice(27).map(({ sequence }) => sequence);
      attack.figure('events of the new log that came', fresh.length, 'of 18');
      attack.figure('notices', notices.length, 'of 1');
      if (fresh.join() !== Array.from({ length: 18 }, (_, index) => index + 1).join()) {
        throw new Error(`the subscriber got ${fresh.length} of 18 events after the restart`);
      }
      if (notices.length !== 1) throw new Error(`the subscriber was told of the restart ${notices.length} times`);
    },
  },
  {
    name: 'a position in a log that is gone is answered by what happened, on every way out',
    async run(attack) {
      const server = await attack.share();
      const session = await openSession({ url: server.url, sessionId: ENDED });
      await say(session, 2);
      await session.end();
      const path = `${server.url}/v1/sessions/${ENDED}/events`;
      for (const position of ['27', 'another-log:3']) {
        const page = await (await fetch(`${path}?after=${position}`)).text();
        const headers = { accept: 'text/event-stream', 'last-event-id': position };
        const stream = await (await fetch(path, { headers })).text();
        for (const answer of [page, stream]) {
          if (!answer.includes('events.dropped') || !answer.includes('session.started')) {
            throw new Error(`position ${position} was answered by ${answer.slice(0, 80) || 'silence'}`);
          }
        }
      }
    },
  },
  {
    name: 'a publisher whose clock stands at 300 s when the server comes back is heard from its next packet on',
    async run(attack) {
      const server = await attack.share();
      const refused: string[] = [];
      const onRefused = ({ code }: { code: string }) => refused.push(code);
      const session = await openSession({ url: server.url, sessionId: LATE, onRefused });
      const track = await session.addTrack(
        { id: 'caller' },
        { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz: 8000 },
      );
      for (let i = 0; i < 50; i += 1) session.sendAudio(track, new Float32Array(160), 300_000 + 20 * i);
      await session.end();
      const { mediaTimeMs } = await createEmotionClient({ url: server.url }).getSession(LATE);
      attack.figure('packets refused', refused.length, 'of 50');
      attack.figure('media time reached', mediaTimeMs, 'ms');
      if (refused.length > 1) throw new Error('the publisher was refused');
      if (!(mediaTimeMs > 500 && mediaTimeMs < 10_000)) throw new Error(`media time is ${mediaTimeMs} ms`);
    },
  },
];

/** Utterances of words alone, far enough from each other to be utterances of their own: two events each. */
async function say(session: SessionPublisher, count: number): Promise<void> {
  const track = await session.addTrack({ id: 'caller' }, { kind: 'transcript' });
  for (let index = 0; index < count; index += 1) {
    const startMs = index * 3000;
    session.sendTranscript(track, {
      segmentId: `${index}`,
      startMs,
      endMs: startMs + 500,
      text: 'that is fine',
      final: true,
    });
  }
}

function portOf(server: ServerUnderAttack): number {
  return Number(new URL(server.url).port);
}
