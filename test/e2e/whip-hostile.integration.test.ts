import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { MediaFrame } from '../../pipeline/index.ts';
import { seededRandom } from '../support/e2e/seeded-random.ts';
import { startTestServer } from '../support/server/test-server.ts';
import { sampleOpusPackets } from '../support/webrtc/encoded-media.ts';
import { VOICE_OFFER } from '../support/webrtc/offers.ts';
import { RtpPublisher } from '../support/webrtc/rtp-publisher.ts';
import { bindingRequest } from '../support/webrtc/stun-client.ts';

const DATAGRAMS = 3000;

describe('a WebRTC peer that sends nonsense', () => {
  it('costs the others nothing, before and after it has proved its address', async () => {
    const frames: MediaFrame[] = [];
    const server = await startTestServer({ script: { onFrame: (frame) => frames.push(frame) } });
    const { customer: voice } = await sampleOpusPackets(3000);
    const good = await new RtpPublisher({ url: `${server.url}/v1/whip?session=good`, voice, film: null }).connect();
    const playing = good.play();

    const headers = { 'Content-Type': 'application/sdp' };
    const response = await fetch(`${server.url}/v1/whip?session=bad`, { method: 'POST', headers, body: VOICE_OFFER });
    const answer = await response.text();
    const [ufrag, password] = ['ice-ufrag', 'ice-pwd'].map((name) => new RegExp(`a=${name}:(.*)\r`).exec(answer)![1]!);
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const random = seededRandom(11);
    const nonsense = async (): Promise<void> => {
      for (let sent = 0; sent < DATAGRAMS; sent += 1) {
        const bytes = Buffer.from(Array.from({ length: Math.floor(random() * 120) }, () => Math.floor(random() * 256)));
        // By its first byte: STUN, DTLS records of every type, RTP, RTCP.
        const kinds = [
          [0, 1],
          [20 + Math.floor(random() * 6), 254, 253],
          [0x80, 0x6f],
          [0x80, 0xc8],
        ];
        const kind = kinds[Math.floor(random() * kinds.length)]!;
        for (const [index, byte] of kind.entries()) if (index < bytes.length) bytes[index] = byte;
        // DTLS that says what it holds: handshake messages of every kind.
        if (kind.length === 3 && bytes.length > 25) {
          bytes.writeUInt16BE(0, 3);
          bytes.writeUInt16BE(bytes.length - 13, 11);
          bytes.writeUIntBE(bytes.length - 25, 14, 3);
          bytes.writeUIntBE(bytes.length - 25, 22, 3);
        }
        socket.send(bytes, server.webRtcPort!, '127.0.0.1');
        if (sent % 100 === 0) await delay(10);
      }
    };
    await nonsense();
    socket.send(
      bindingRequest({ username: `${ufrag}:abcd`, password: password!, nominates: true }).bytes,
      server.webRtcPort!,
      '127.0.0.1',
    );
    await once(socket, 'message');
    await nonsense();

    await playing;
    await delay(100);
    expect(await good.leave()).toBe(200);
    expect(await server.sessions.get('good')!.finished).toBe('completed');
    expect(frames.filter(({ kind }) => kind === 'audio')).toHaveLength(voice.length);
    socket.close();
    await server.close();
  });
});
