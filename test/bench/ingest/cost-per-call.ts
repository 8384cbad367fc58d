import { randomUUID } from 'node:crypto';
import { encodeMediaPacket } from '../../../client-sdk/protocol/index.ts';
import { Publisher } from '../../support/server/peers.ts';
import { AudioHookPeer } from '../../support/telephony/audiohook-peer.ts';
import { FreeSwitchPeer } from '../../support/telephony/freeswitch-peer.ts';
import { paced } from '../../support/telephony/pace.ts';
import { TwilioPeer } from '../../support/telephony/twilio-peer.ts';
import { type Encoded, portraitFilm, sampleOpusPackets } from '../../support/webrtc/encoded-media.ts';
import { RtpPublisher } from '../../support/webrtc/rtp-publisher.ts';
import { type Figure, valueFigure } from '../figure.ts';
import { startTransportProcess } from '../server-process.ts';

/** Enough for the cost of one to stand out from that of an idle server. */
const CALLS = 40;

/** One call on its way: `send` is called every `packetMs` with the time since its start. */
interface LoadCall {
  readonly packetMs: number;
  send(startMs: number): void;
  leave(): unknown;
}

type OpenCall = (socketUrl: string) => Promise<LoadCall>;

/** The two voices and the film of every WHIP call, encoded beforehand; both start anew every four seconds. */
const RECORDED_MS = 4000;
let recorded: Promise<[{ customer: Encoded[]; agent: Encoded[] }, Encoded[]]> | null = null;

/** Two publishers, one a party. */
function openWhipCall(hasVideo: boolean): OpenCall {
  return async (socketUrl) => {
    recorded ??= Promise.all([sampleOpusPackets(RECORDED_MS), portraitFilm(RECORDED_MS / 1000)]);
    const [voices, film] = await recorded;
    const sessionId = randomUUID();
    const peers: RtpPublisher[] = [];
    for (const who of ['customer', 'agent'] as const) {
      const url = `${socketUrl.replace('ws', 'http')}/v1/whip?session=${sessionId}&participant=${who}`;
      peers.push(await new RtpPublisher({ url, voice: voices[who], film: hasVideo ? film : null }).connect());
    }
    return {
      packetMs: 20,
      send(startMs) {
        for (const peer of peers) peer.sendUntil(startMs + 20);
      },
      async leave() {
        for (const peer of peers) await peer.leave();
      },
    };
  };
}

/** Two voices each, at the rate and in the packets that the platform sends. */
const WAYS_IN: Readonly<Record<string, OpenCall>> = {
  'Twilio, two tracks, 20 ms': async (socketUrl) => {
    const peer = await new TwilioPeer({ socketUrl }).start();
    const silence = new Uint8Array(160).fill(0xff);
    return {
      packetMs: 20,
      send(startMs) {
        peer.sendMedia('inbound', startMs, silence);
        peer.sendMedia('outbound', startMs, silence);
      },
      leave: () => peer.stop(),
    };
  },
  'AudioHook, stereo, 200 ms': async (socketUrl) => {
    const peer = new AudioHookPeer({ socketUrl });
    await peer.open();
    const silence = new Uint8Array(3200).fill(0xff);
    return {
      packetMs: 200,
      send: () => peer.sendAudio(silence, 1600),
      leave: () => peer.send('close', { reason: 'end' }),
    };
  },
  'FreeSWITCH, stereo 8 kHz, 20 ms': async (socketUrl) => {
    const peer = await new FreeSwitchPeer({ socketUrl }).start('{"mix":"stereo"}');
    const silence = new Uint8Array(640);
    return { packetMs: 20, send: () => peer.sendAudio(silence), leave: () => peer.socket.close(1000) };
  },
  'WebSocket, two tracks 16 kHz, 20 ms': async (socketUrl) => {
    const peer = await new Publisher(socketUrl).start();
    peer.addAudio(2, 'bob');
    const payload = new Uint8Array(640);
    return {
      packetMs: 20,
      send(mediaTimeMs) {
        for (const track of [1, 2]) peer.socket.send(encodeMediaPacket({ kind: 'audio', track, mediaTimeMs, payload }));
      },
      leave: () => peer.send({ type: 'session.end' }),
    };
  },
  'WHIP, two voices': openWhipCall(false),
  'WHIP, two voices and two cameras, 320×240 VP8': openWhipCall(true),
};

export interface CostOptions {
  readonly seconds: number;
  /** Calls at once. Default: {@link CALLS}. */
  readonly calls?: number;
  /** Which ways in, by a part of their name. Default: all. */
  readonly only?: string;
}

/** CPU of a server that takes the calls and drops their media, a call. */
export async function measureCostPerCall({ seconds, calls: count = CALLS, only = '' }: CostOptions): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, open] of Object.entries(WAYS_IN)) {
    if (!name.includes(only)) continue;
    process.stderr.write(`${name} …\n`);
    await using server = await startTransportProcess();
    const socketUrl = server.url.replace('http', 'ws');
    // One after the other: the handshakes of eighty WebRTC peers at once would time each other out.
    const calls: LoadCall[] = [];
    while (calls.length < count) calls.push(await open(socketUrl));
    const before = await server.metrics();
    const startMs = performance.now();
    await paced(seconds * 1000, calls[0]!.packetMs, 1, (mediaTimeMs) => {
      for (const call of calls) call.send(mediaTimeMs);
    });
    const wallSeconds = (performance.now() - startMs) / 1000;
    const after = await server.metrics();
    await Promise.all(calls.map((call) => call.leave()));
    if (receivedBytes(after) <= receivedBytes(before)) throw new Error(`no media came in by ${name}`);
    const cpuSeconds = after('process_cpu_seconds_total') - before('process_cpu_seconds_total');
    const share = (100 * cpuSeconds) / wallSeconds / count;
    figures.push(valueFigure(name, share, (value) => `${value.toFixed(2)} % of a core`));
  }
  return figures;
}

function receivedBytes(metric: (name: string) => number): number {
  const of = (kind: string) => metric(`undertone_ingest_received_bytes_total\\{kind="${kind}"\\}`) || 0;
  return of('packet') + of('message');
}
