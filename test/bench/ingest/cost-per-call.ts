import { encodeMediaPacket } from '../../../client-sdk/protocol/index.ts';
import { Publisher } from '../../support/server/peers.ts';
import { AudioHookPeer } from '../../support/telephony/audiohook-peer.ts';
import { FreeSwitchPeer } from '../../support/telephony/freeswitch-peer.ts';
import { paced } from '../../support/telephony/pace.ts';
import { TwilioPeer } from '../../support/telephony/twilio-peer.ts';
import { type Figure, valueFigure } from '../figure.ts';
import { startTransportProcess } from '../server-process.ts';

/** Enough for the cost of one to stand out from that of an idle server. */
const CALLS = 40;

/** One call on its way: `send` is called every `packetMs` with the time since its start. */
interface LoadCall {
  readonly packetMs: number;
  send(startMs: number): void;
  leave(): void;
}

type OpenCall = (socketUrl: string) => Promise<LoadCall>;

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
};

/** CPU of a server that takes the calls and drops their media, a call. */
export async function measureCostPerCall(seconds: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, open] of Object.entries(WAYS_IN)) {
    process.stderr.write(`${name} …\n`);
    await using server = await startTransportProcess();
    const socketUrl = server.url.replace('http', 'ws');
    const calls = await Promise.all(Array.from({ length: CALLS }, () => open(socketUrl)));
    const before = await server.metrics();
    const startMs = performance.now();
    await paced(seconds * 1000, calls[0]!.packetMs, 1, (mediaTimeMs) => {
      for (const call of calls) call.send(mediaTimeMs);
    });
    const wallSeconds = (performance.now() - startMs) / 1000;
    const after = await server.metrics();
    for (const call of calls) call.leave();
    const cpuSeconds = after('process_cpu_seconds_total') - before('process_cpu_seconds_total');
    const share = (100 * cpuSeconds) / wallSeconds / CALLS;
    figures.push(valueFigure(name, share, (value) => `${value.toFixed(2)} % of a core`));
  }
  return figures;
}
