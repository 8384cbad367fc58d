import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import { grantOfEverything } from '../../../../server/access/grant.ts';
import { configSchema } from '../../../../server/config/config-schema.ts';
import { IngestPort } from '../../../../server/ingest/admission/ingest-port.ts';
import { IceServers } from '../../../../server/ingest/webrtc/ice-servers.ts';
import type {
  MediaTransport,
  MediaTransportHandlers,
} from '../../../../server/ingest/webrtc/transport/media-transport.ts';
import type { TransportRequest } from '../../../../server/ingest/webrtc/transport/open-transport.ts';
import { WhipEndpoint } from '../../../../server/ingest/webrtc/whip-endpoint.ts';
import type { PeerGuard } from '../../../../server/peer-guard.ts';
import { SessionRegistry } from '../../../../server/sessions/session-registry.ts';
import { quotasOf } from '../../../support/server/grants.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';
import { scriptedAnalyze } from '../../../support/server/scripted-analyze.ts';
import { sampleOpusPackets } from '../../../support/webrtc/encoded-media.ts';
import { VOICE_OFFER } from '../../../support/webrtc/offers.ts';

const limits = configSchema.parse({ helloTimeoutMs: 5000, idleTimeoutMs: 30_000, maxMessagesPerSecond: 100 });
const LOCAL = { ufrag: 'u', password: 'p', fingerprints: [], candidates: [] };

/** An endpoint whose peers are made of nothing but their handlers. */
async function setUp(onOpen: (request: TransportRequest) => void = () => {}) {
  const clock = new ManualClock();
  const frames: MediaFrame[] = [];
  const counts = { closed: [] as string[], refused: [] as string[], faults: [] as string[], lost: 0 };
  const sessions = new SessionRegistry({
    maxLive: 10,
    maxEnded: 10,
    place: () => ({ analyze: scriptedAnalyze({ onFrame: (frame) => frames.push(frame) }) }),
    session: {
      clock,
      maxEvents: 100,
      maxTracks: 4,
      reconnectGraceMs: 1000,
    },
  });
  const transports: (MediaTransport & {
    handlers: MediaTransportHandlers;
    guard: PeerGuard;
    sent: Buffer[];
    closed: boolean;
  })[] = [];
  const open = async (request: TransportRequest) => {
    const { handlers, guard } = request;
    onOpen(request);
    const sent: Buffer[] = [];
    const transport = {
      local: LOCAL,
      handlers,
      guard,
      sent,
      closed: false,
      sendRtcp: (packet: Buffer) => void sent.push(packet),
      close() {
        transport.closed = true;
      },
    };
    transports.push(transport);
    return transport;
  };
  const whip = new WhipEndpoint({
    ingest: new IngestPort({ sessions, quotas: quotasOf().quotas, jitterMs: 200, maxLeadMs: 5000 }),
    transports: () => ({ hasRedundancy: true, hasChannels: true, open }),
    refuse: () => null,
    limits,
    iceServers: new IceServers({ urls: [], turnTtlSeconds: 60, clock }),
    clock,
    meter: {
      received() {},
      refused: (code) => counts.refused.push(code),
      pictureDropped() {},
      closed: (reason) => counts.closed.push(reason),
      lost() {},
      datagramDropped() {},
      peerFaulted: (way) => counts.faults.push(way),
      packetsLost: (_media, count) => {
        counts.lost += count;
      },
    },
    log: pino({ level: 'silent' }),
  });
  const answered = await whip.offer(VOICE_OFFER, { session: 'call', participant: 'ann' }, grantOfEverything('test'));
  if (answered.kind !== 'answered') throw new Error(answered.message);
  return { clock, frames, counts, sessions, whip, transport: transports[0]!, session: sessions.get('call')! };
}

let sequence = 0;
const rtp = (payload: Uint8Array, timestamp: number, payloadType = 111): Buffer => {
  const header = Buffer.alloc(12);
  header.writeUInt8(0x80, 0);
  header.writeUInt8(payloadType, 1);
  header.writeUInt16BE(sequence++ & 0xffff, 2);
  header.writeUInt32BE(timestamp, 4);
  header.writeUInt32BE(1234, 8);
  return Buffer.concat([header, payload]);
};

describe('a WebRTC publisher', () => {
  it('is let go when it does not connect in time', async () => {
    const { clock, session, transport, counts, whip } = await setUp();
    clock.advance(4999);
    expect(transport.closed).toBe(false);
    clock.advance(1);
    expect([transport.closed, counts.closed, whip.openCount]).toEqual([true, ['idle'], 0]);
    expect(await session.finished).toBe('idle');
  });

  it('has vanished when it shows no sign of life, and may come back within the grace', async () => {
    const { clock, session, transport, whip } = await setUp();
    transport.handlers.onConnected();
    for (let second = 0; second < 20; second += 1) {
      clock.advance(1000);
      transport.handlers.onAlive();
    }
    expect(transport.closed).toBe(false);
    clock.advance(11_500);
    expect([transport.closed, session.ending]).toEqual([true, false]);
    expect(
      (await whip.offer(VOICE_OFFER, { session: 'call', participant: 'ann' }, grantOfEverything('test'))).kind,
    ).toBe('answered');
    clock.advance(1000);
    expect(session.ending).toBe(false);
  });

  it('is idle when it lives and sends no media', async () => {
    const { clock, session, transport } = await setUp();
    transport.handlers.onConnected();
    for (let second = 0; second < 32; second += 1) {
      transport.handlers.onAlive();
      clock.advance(1000);
    }
    expect(transport.closed).toBe(true);
    expect(await session.finished).toBe('idle');
  });

  it('is closed, and nothing else is, when what it sent breaks something, at once or later', async () => {
    const { session, transport, counts, whip } = await setUp();
    transport.handlers.onConnected();
    transport.guard.run(() => {
      throw new Error('a broken packet');
    }, null);
    transport.guard.fault(new Error('a broken promise'));
    expect([transport.closed, whip.openCount]).toEqual([true, 0]);
    expect(counts).toMatchObject({ faults: ['webrtc'], closed: ['internal'] });
    expect(session.ending).toBe(false);
  });

  it('is not answered when its offer already broke something', async () => {
    let breaks = false;
    const { whip } = await setUp((request) => {
      if (breaks) request.guard.fault(new Error('a broken offer'));
    });
    breaks = true;
    expect(await whip.offer(VOICE_OFFER, { session: 'other' }, grantOfEverything('test'))).toMatchObject({
      kind: 'refused',
      status: 500,
    });
    expect(whip.openCount).toBe(1);
  });

  it('reports what it received once a second', async () => {
    const { clock, transport } = await setUp();
    const { customer } = await sampleOpusPackets(100);
    transport.handlers.onConnected();
    for (const { data, startMs } of customer) transport.handlers.onRtp(rtp(data, startMs * 48));
    clock.advance(1000);
    expect(transport.sent).toHaveLength(1);
    expect(transport.sent[0]!.readUInt8(1)).toBe(201);
    expect(transport.sent[0]!.readUInt32BE(8)).toBe(1234);
  });

  it('is closed when it sends more than a live call can, and its track ends', async () => {
    const { transport, counts, frames, session } = await setUp();
    const { customer } = await sampleOpusPackets(20_000);
    transport.handlers.onConnected();
    for (const { data, startMs } of customer) transport.handlers.onRtp(rtp(data, startMs * 48));
    expect([transport.closed, counts.closed]).toEqual([true, ['too-fast']]);
    expect(frames.filter(({ kind }) => kind === 'audio').length).toBeLessThanOrEqual(200);
    expect(frames.at(-1)).toMatchObject({ kind: 'bound', startMs: Number.POSITIVE_INFINITY });
    expect(session.ending).toBe(false);
  });

  it('drops what it cannot read, and goes on', async () => {
    const { transport, counts, frames, clock } = await setUp();
    const { customer } = await sampleOpusPackets(100);
    transport.handlers.onConnected();
    for (const bytes of ['', '80', '806f0001', '80'.repeat(40)]) transport.handlers.onRtp(Buffer.from(bytes, 'hex'));
    transport.handlers.onRtcp(Buffer.from('81c8ffff', 'hex'));
    transport.handlers.onRtp(rtp(Buffer.from([1, 2]), 0, 0));
    transport.handlers.onRtp(rtp(Buffer.from([3]), 0));
    for (const { data, startMs } of customer) transport.handlers.onRtp(rtp(data, 960 + startMs * 48));
    // What comes first is decoded once it has had the time to be put in order.
    expect(frames.filter(({ kind }) => kind === 'audio')).toEqual([]);
    clock.advance(200);
    transport.handlers.onRtp(rtp(customer[0]!.data, 10 * 960));
    expect(counts.refused).toEqual(['bad-samples']);
    expect(frames.filter(({ kind }) => kind === 'audio').length).toBeGreaterThan(0);
    expect(transport.closed).toBe(false);
  });

  it('leaves when its transport ends, and when its session does', async () => {
    const first = await setUp();
    first.transport.handlers.onEnded('closed');
    expect([first.transport.closed, first.whip.openCount]).toEqual([true, 0]);
    const second = await setUp();
    second.session.end('completed');
    await second.session.finished;
    await expect.poll(() => second.transport.closed).toBe(true);
    expect(second.whip.openCount).toBe(0);
  });
});
