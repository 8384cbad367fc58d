import { setTimeout as sleep } from 'node:timers/promises';
import { mutateBytes, mutateJson } from '../../support/fuzz/mutate.ts';
import { webhookHeaders, ZOOM_APP, ZoomRtmsPeer } from '../../support/meetings/zoom-rtms-peer.ts';
import { SMALL_JPEG } from '../../support/pictures/small-pictures.ts';
import type { AttackCase } from '../attack-case.ts';
import { besideCall } from '../beside-call.ts';
import type { ServerUnderAttack } from '../server-under-attack.ts';

/** Streams at once. */
const AT_ONCE = 8;
const GIVE_UP_MS = 5000;
const SOUND = new Uint8Array(640);
const BASE64 = Buffer.from(SOUND).toString('base64');

/** What Zoom sends on its two connections, and what its webhooks say. */
const ZOOM_PERSON = { user_id: 16_778_240, user_name: 'Ann' };
const ZOOM_SIGNALS: readonly object[] = [
  { msg_type: 6, event: { event_type: 2, timestamp: 1000, participants: [ZOOM_PERSON] } },
  { msg_type: 8, state: 1, reason: 1, timestamp: 1000 },
  { msg_type: 12, timestamp: 1000 },
  { msg_type: 2, protocol_version: 1, status_code: 0, media_server: { server_urls: { all: 'ws://127.0.0.1:1/m' } } },
];
const ZOOM_MEDIA: readonly object[] = [
  { msg_type: 14, content: { ...ZOOM_PERSON, timestamp: 1000, data: BASE64, length: SOUND.length } },
  {
    msg_type: 15,
    content: { ...ZOOM_PERSON, timestamp: 1040, data: Buffer.from(SMALL_JPEG).toString('base64'), length: 9 },
  },
  {
    msg_type: 17,
    content: { ...ZOOM_PERSON, start_time: 1000, end_time: 1400, timestamp: 1000, language: 9, data: 'Yes.' },
  },
  { msg_type: 4, protocol_version: 1, status_code: 0, sequence: 0, media_params: {} },
  { msg_type: 12, timestamp: 1000 },
];
const MESSAGES_PER_STREAM = 12;

export const cases: readonly AttackCase[] = [
  {
    name: 'malformed messages and webhooks of Zoom end nothing but their own stream',
    timeoutMs: 900_000,
    async run(attack) {
      const peers = await Promise.all(Array.from({ length: AT_ONCE }, () => ZoomRtmsPeer.open()));
      const server = await attack.start({
        env: {
          UNDERTONE_LOG_LEVEL: 'error',
          UNDERTONE_ZOOM_CLIENT_ID: ZOOM_APP.clientId,
          UNDERTONE_ZOOM_CLIENT_SECRET: ZOOM_APP.clientSecret,
          UNDERTONE_ZOOM_WEBHOOK_SECRET: ZOOM_APP.webhookSecret,
          UNDERTONE_ZOOM_SERVERS: peers.map(({ origin }) => origin).join(','),
        },
      });
      await besideCall(attack, server, async () => {
        let left = attack.rounds(60, 4000);
        let inputs = 0;
        const one = async (peer: ZoomRtmsPeer): Promise<void> => {
          for (; left > 0 && !attack.signal.aborted; left -= 1) {
            const sent = await misbehaveAsZoom(server, peer, attack.random);
            inputs += sent;
          }
        };
        await Promise.all(peers.map(one));
        return inputs;
      });
      await Promise.all(peers.map((peer) => peer.close()));
    },
  },
];

/** One stream of a meeting, whose server sends what it should and then what it should not; the number of messages. */
async function misbehaveAsZoom(server: ServerUnderAttack, peer: ZoomRtmsPeer, random: () => number): Promise<number> {
  await peer.webhook(server.url, 'meeting.rtms_started', { server_urls: `${peer.origin}/signaling` });
  const isStreaming = await Promise.race([peer.streaming().then(() => true), sleep(GIVE_UP_MS, false)]);
  if (!isStreaming) throw new Error('a stream was not taken any more');
  let sent = 0;
  while (sent < MESSAGES_PER_STREAM && peer.isStreaming) {
    const isMedia = random() < 0.7;
    const messages = isMedia ? ZOOM_MEDIA : ZOOM_SIGNALS;
    const message = messages[Math.floor(random() * messages.length)]!;
    const text = JSON.stringify(mutateJson(message, random, random() < 0.5 ? 0.03 : 0.15)) ?? 'null';
    peer.sendGarbage(isMedia ? 'media' : 'signaling', random() < 0.05 ? mutateBytes(Buffer.from(text), random) : text);
    sent += 1;
    await sleep(2);
  }
  const event = ['meeting.rtms_started', 'meeting.rtms_stopped', 'meeting.rtms_interrupted'][Math.floor(random() * 3)]!;
  const payload = { meeting_uuid: 'other', rtms_stream_id: 'a', stop_reason: 6 };
  // Each is another one: the same bytes signed twice count as a forgery, and forgeries are slowed.
  const body = JSON.stringify({ ...mutateObject({ event, event_ts: 1, payload }, random), number: random() });
  const answer = await fetch(`${server.url}/v1/zoom`, { method: 'POST', headers: webhookHeaders(body), body });
  if (answer.status === 500) throw new Error(`a webhook was answered with 500: ${body.slice(0, 400)}`);
  await peer.webhook(server.url, 'meeting.rtms_stopped', { stop_reason: 6 });
  await Promise.race([peer.until(() => !peer.isStreaming), sleep(GIVE_UP_MS)]);
  return sent + 1;
}

function mutateObject(message: object, random: () => number): object {
  const mutated = mutateJson(message, random);
  return typeof mutated === 'object' && mutated !== null ? mutated : { mutated };
}
