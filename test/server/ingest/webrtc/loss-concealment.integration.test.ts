import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GraphWorker, openGraphWorker } from '../../../../models/runtime/graph-worker.ts';
import { VOICE_ACTIVITY_GRAPHS } from '../../../../models/voice-activity/voice-activity-graph.ts';
import { openVoiceActivityModel } from '../../../../models/voice-activity/voice-activity-model.ts';
import { addProbability, createSpeech, lookAtNext } from '../../../../pipeline/window/speech.ts';
import { OPUS_RATE_HZ, openOpusVoice } from '../../../../server/ingest/decoders/opus-voice.ts';
import { LossConcealment } from '../../../../server/ingest/webrtc/media/loss-concealment.ts';
import { VoiceReceiver } from '../../../../server/ingest/webrtc/media/voice-receiver.ts';
import type { RtpPacket } from '../../../../server/ingest/webrtc/rtp/rtp-packet.ts';
import { StreamClock } from '../../../../server/ingest/webrtc/rtp/stream-clock.ts';
import type { ChosenCodec } from '../../../../server/ingest/webrtc/sdp/choose-codecs.ts';
import { seededRandom } from '../../../support/e2e/seeded-random.ts';
import { scoreTrackOn } from '../../../support/models/score-track.ts';
import { type Encoded, sampleOpusPackets } from '../../../support/webrtc/encoded-media.ts';

const PACKET = 320;
/** A voice-like tone: a pitch and its harmonics. */
const tone = (pitchHz: number, from: number, length: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => {
    const phase = (2 * Math.PI * pitchHz * (from + index)) / OPUS_RATE_HZ;
    return 0.2 * Math.sin(phase) + 0.1 * Math.sin(2 * phase + 1) + 0.05 * Math.sin(3 * phase + 2);
  });

describe('a hole in a voice', () => {
  it.each([80, 125, 210, 400])('is filled with the voice’s own pitch of %d Hz', (pitchHz) => {
    const concealment = new LossConcealment(OPUS_RATE_HZ);
    for (let at = 0; at < 5 * PACKET; at += PACKET) concealment.receive(tone(pitchHz, at, PACKET));
    const filled = concealment.conceal(10);
    expect(filled).toHaveLength(160);
    const expected = tone(pitchHz, 5 * PACKET, 160);
    const error = filled.reduce((sum, value, at) => sum + (value - expected[at]!) ** 2, 0);
    expect(error / expected.reduce((sum, value) => sum + value ** 2, 0)).toBeLessThan(0.05);
  });

  it('joins the voice before and behind it without a step', () => {
    const concealment = new LossConcealment(OPUS_RATE_HZ);
    const heard: number[] = [];
    for (let packet = 0; packet < 12; packet += 1) {
      const isLost = packet === 6 || packet === 7;
      heard.push(...(isLost ? concealment.conceal(20) : concealment.receive(tone(150, packet * PACKET, PACKET))));
    }
    const steepest = (samples: readonly number[]) =>
      Math.max(...samples.slice(1).map((value, at) => Math.abs(value - samples[at]!)));
    expect(heard).toHaveLength(12 * PACKET);
    expect(steepest(heard)).toBeLessThan(1.5 * steepest(heard.slice(0, 5 * PACKET)));
  });

  it('fades, and is silence after 60 ms', () => {
    const concealment = new LossConcealment(OPUS_RATE_HZ);
    for (let at = 0; at < 5 * PACKET; at += PACKET) concealment.receive(tone(150, at, PACKET));
    const parts = [20, 20, 20, 20].map((durationMs) => concealment.conceal(durationMs));
    expect(parts.map(({ length }) => length)).toEqual([PACKET, PACKET, PACKET, 0]);
    const power = (samples: Float32Array) => samples.reduce((sum, value) => sum + value ** 2, 0);
    expect(power(parts[1]!)).toBeLessThan(power(parts[0]!));
    expect(power(parts[2]!)).toBeLessThan(power(parts[1]!));
    expect(Math.abs(parts[2]!.at(-1)!)).toBeLessThan(0.01);
  });

  it('is silence where there was none but silence before', () => {
    expect(new LossConcealment(OPUS_RATE_HZ).conceal(20)).toEqual(new Float32Array(PACKET));
    const concealment = new LossConcealment(OPUS_RATE_HZ);
    concealment.receive(new Float32Array(PACKET));
    expect(concealment.conceal(20)).toEqual(new Float32Array(PACKET));
  });
});

describe('a voice that comes as Opus', () => {
  const opus: ChosenCodec = {
    kind: 'opus',
    codec: { payloadType: 111, name: 'opus', clockRateHz: 48_000, channelCount: 2, parameters: '', feedback: [] },
    red: { payloadType: 63, name: 'red', clockRateHz: 48_000, channelCount: 2, parameters: '111/111', feedback: [] },
    rtx: null,
  };
  let worker: GraphWorker;
  let packets: readonly Encoded[];
  beforeAll(async () => {
    worker = await openGraphWorker({ graphs: VOICE_ACTIVITY_GRAPHS, provider: 'cpu' });
    packets = (await sampleOpusPackets(17_000)).customer;
  });
  afterAll(() => worker?.close());

  /** A packet's payload with the one before it (RFC 2198). */
  function redundant(index: number): Buffer {
    const [before, own] = [packets[index - 1]?.data ?? new Uint8Array(), packets[index]!.data];
    const header = Buffer.alloc(5);
    header.writeUInt32BE((0x80 | 111) * 2 ** 24 + 960 * 2 ** 10 + before.length);
    header[4] = 111;
    return Buffer.concat([header, before, own]);
  }

  /** What is heard of the customer, laid on a timeline of silence as the pipeline does, and how many packets are missing. */
  async function receive(isLost: (packet: number) => boolean, isRedundant = false) {
    const timeline = new Float32Array(packets.length * PACKET);
    const voice = await openOpusVoice();
    let originMs: number | null = null;
    const receiver = new VoiceReceiver({
      codec: opus,
      voice,
      clock: new StreamClock(48_000),
      waitMs: 60,
      onSamples(startMs, _, samples) {
        originMs ??= startMs;
        const at = Math.round(((startMs - originMs) * OPUS_RATE_HZ) / 1000);
        timeline.set(samples.subarray(0, timeline.length - at), at);
      },
      onBadPacket: () => expect.unreachable(),
    });
    for (const [index, { data }] of packets.entries()) {
      if (isLost(index)) continue;
      const packet: RtpPacket = {
        payloadType: isRedundant ? 63 : 111,
        marker: false,
        sequence: index,
        timestamp: index * 960,
        ssrc: 1,
        payload: isRedundant ? redundant(index) : Buffer.from(data),
        extensions: null,
      };
      receiver.receive(packet, index * 20, index * 20);
    }
    receiver.flush();
    voice.close();
    return { samples: timeline, missing: receiver.lost };
  }

  const heard = async (isLost: (packet: number) => boolean): Promise<Float32Array> => (await receive(isLost)).samples;

  async function turnsOf(samples: Float32Array): Promise<number[]> {
    const whole = samples.subarray(0, samples.length - (samples.length % 512));
    const speech = createSpeech(8, 19, 1);
    const edgesMs: number[] = [];
    for (const probability of await openVoiceActivityModel(scoreTrackOn(worker)).openStream().push(whole)) {
      addProbability(speech, probability);
      const edge = lookAtNext(speech);
      if (edge !== null) edgesMs.push(32 * (edge === 'start' ? speech.voiceStart : speech.voiceEnd));
    }
    return edgesMs;
  }

  it('has its turns where they were, to within 100 ms, when a twentieth of its packets is lost', async () => {
    const expected = await turnsOf(await heard(() => false));
    expect(expected).toHaveLength(4);
    for (let seed = 1; seed <= 12; seed += 1) {
      const random = seededRandom(seed);
      const lost = new Set(packets.flatMap((_, index) => (index > 0 && random() < 0.05 ? [index] : [])));
      const edges = await turnsOf(await heard((packet) => lost.has(packet)));
      expect(edges).toHaveLength(expected.length);
      for (const [index, edge] of edges.entries()) expect(Math.abs(edge - expected[index]!)).toBeLessThan(100);
    }
  });

  it('misses nothing that is lost alone, when each packet repeats the one before', async () => {
    const whole = await receive(() => false, true);
    const lossy = await receive((packet) => packet % 3 === 1 && packet < packets.length - 1, true);
    expect([whole.missing, lossy.missing]).toEqual([0, 0]);
    expect(lossy.samples).toEqual(whole.samples);
    const { missing } = await receive((packet) => packet > 0 && packet % 3 === 0);
    expect(missing).toBeGreaterThan(packets.length / 4);
  });

  it('is silent where its sender was, however many packets were lost then', async () => {
    const samples = await heard((packet) => packet >= 150 && packet < 200);
    const power = (fromMs: number, toMs: number) =>
      samples.subarray(fromMs * 16, toMs * 16).reduce((sum, value) => sum + value ** 2, 0);
    expect(power(3000, 3060)).toBeGreaterThan(0);
    expect(power(3060, 4000)).toBe(0);
    expect(power(4000, 5000)).toBeGreaterThan(0);
  });
});
