import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmotionEvent, UtteranceEmotion } from '../../client-sdk/index.ts';
import { createEmotionClient } from '../../client-sdk/index.ts';
import { collect, isEmotion, streamProblems } from '../support/e2e/events.ts';
import { type RealServer, startRealServer } from '../support/e2e/real-server.ts';
import { PatientClock, sleepOn } from '../support/server/patient-clock.ts';
import { portraitFilm, sampleOpusPackets } from '../support/webrtc/encoded-media.ts';
import { type ImpairedLink, openImpairedLink } from '../support/webrtc/impaired-link.ts';
import { RtpPublisher } from '../support/webrtc/rtp-publisher.ts';

/** Three turns of the bundled call, and the silence behind them. */
const UNTIL_MS = 17_000;
/** As the call's transcript has them. */
const SPOKEN = [
  ['customer', 800, 5960],
  ['agent', 7060, 11_295],
  ['customer', 12_295, 15_880],
] as const;
const BAD = { loss: 0.05, duplication: 0.05, jitterMs: 200, seed: 7 };

/** What was told first of each turn. */
const turnsOf = (events: readonly EmotionEvent[]): UtteranceEmotion[] =>
  events
    .filter(isEmotion)
    .filter(({ revision }) => revision === 0)
    .sort((a, b) => a.startMs - b.startMs);

const edgesOf = (turns: readonly UtteranceEmotion[]): number[] =>
  turns.flatMap(({ startMs, endMs }) => [startMs, endMs]);
const spokenEdges = (who: string): number[] =>
  SPOKEN.flatMap(([speaker, startMs, endMs]) => (speaker === who ? [startMs, endMs] : []));
/** By how much all edges are later than expected: when a speaker's media time began depends on when the first packet left. */
const latenessOf = (edges: readonly number[], expected: readonly number[]): number => {
  const each = edges.map((edge, index) => edge - expected[index]!).sort((a, b) => a - b);
  return each[Math.floor(each.length / 2)]!;
};
/** Compares where edges lie among each other. */
const expectEdgesWithin = (limitMs: number, edges: readonly number[], expected: readonly number[]): void => {
  expect(edges).toHaveLength(expected.length);
  const latenessMs = latenessOf(edges, expected);
  for (const [index, edge] of edges.entries())
    expect(Math.abs(edge - latenessMs - expected[index]!)).toBeLessThan(limitMs);
};
/**
 * The silence between two turns, in ms: more than this would change their order. Sender reports tell real time, so a busy
 * machine that holds the clock moves the two speakers against each other.
 */
const MAX_SKEW_MS = 1000;
/** Number of the level `debug` in the log. */
const DEBUG_LEVEL = 20;
const SPEAKERS = ['customer', 'agent'] as const;
const of = (speaker: string, events: readonly EmotionEvent[]): UtteranceEmotion[] =>
  turnsOf(events).filter(({ participant }) => participant.id === speaker);

describe('a call by WebRTC over a link that loses, doubles, delays and reorders', () => {
  /** The server, the speakers and the link share it, so that a busy machine adds no lateness of its own. */
  const clock = new PatientClock();
  let server: RealServer;
  let link: ImpairedLink;
  let clean: EmotionEvent[];
  let bad: EmotionEvent[];
  let metrics: string;

  beforeAll(async () => {
    server = await startRealServer({ clock });
    const [voices, film] = await Promise.all([sampleOpusPackets(UNTIL_MS), portraitFilm(UNTIL_MS / 1000)]);
    link = await openImpairedLink(server.webRtcPort!, clock);
    const publish = async (sessionId: string, mediaPort?: number) => {
      const url = (who: string) => `${server.url}/v1/whip?session=${sessionId}&participant=${who}&role=${who}`;
      const port = mediaPort === undefined ? {} : { mediaPort };
      const customer = new RtpPublisher({ url: url('customer'), voice: voices.customer, film, ...port });
      const agent = new RtpPublisher({ url: url('agent'), voice: voices.agent, film: null, ...port });
      await customer.connect();
      await agent.connect();
      if (mediaPort !== undefined) link.impair(BAD);
      await Promise.all([customer.play(clock), agent.play(clock)]);
      await sleepOn(clock, BAD.jitterMs + 100);
      for (const peer of [customer, agent]) expect(await peer.leave()).toBe(200);
      return collect(createEmotionClient({ url: server.url }).events(sessionId));
    };
    // One after the other: four publishers at once would measure the machine.
    clean = await publish('clean');
    bad = await publish('bad', link.port);
    metrics = await (await fetch(`${server.url}/metrics`)).text();
  });
  afterAll(async () => {
    await link?.[Symbol.asyncDispose]();
    await server?.close();
    clock[Symbol.dispose]();
  });

  it('did meet every fault that was asked for', () => {
    const { passed, lost, doubled, overtaken } = link.counts;
    expect(lost / (passed + lost)).toBeGreaterThan(0.03);
    expect(doubled / passed).toBeGreaterThan(0.03);
    expect(overtaken / passed).toBeGreaterThan(0.3);
  });

  it('tells the turns of a clean call where its transcript has them', () => {
    expect(streamProblems(clean)).toEqual([]);
    const turns = turnsOf(clean);
    expect(turns).toHaveLength(SPOKEN.length);
    expect(turns.map(({ participant }) => participant.role)).toEqual(SPOKEN.map(([who]) => who));
    for (const who of SPEAKERS) expectEdgesWithin(300, edgesOf(of(who, clean)), spokenEdges(who));
    expect(turns[0]!.modalities).toMatchObject({ audio: { state: 'ok' }, video: { state: 'ok' } });
    expect(turns[1]!.modalities).toMatchObject({ audio: { state: 'ok' }, video: { state: 'absent' } });
  });

  // What loss alone does to an edge is tested without a clock (loss-concealment.integration.test.ts); here a busy machine adds lateness.
  it('tells the same turns of the bad one, their edges within 300 ms', () => {
    expect(streamProblems(bad)).toEqual([]);
    for (const who of SPEAKERS) expectEdgesWithin(300, edgesOf(of(who, bad)), edgesOf(of(who, clean)));
  });

  it('keeps the two speakers beside each other, though each came by a connection of its own', () => {
    for (const events of [clean, bad]) {
      expect(turnsOf(events).map(({ participant }) => participant.role)).toEqual(SPOKEN.map(([who]) => who));
      const [customerMs, agentMs] = SPEAKERS.map((who) => latenessOf(edgesOf(of(who, events)), spokenEdges(who)));
      expect(Math.abs(customerMs! - agentMs!)).toBeLessThan(MAX_SKEW_MS);
    }
  });

  it('still sees the face in every turn of the bad one', () => {
    const seen = of('customer', bad);
    expect(seen).toHaveLength(2);
    for (const { modalities } of seen) expect(modalities.video.state).not.toBe('absent');
  });

  it('counts what was lost for good, and repairs pictures by asking again', () => {
    const lost = (media: string) =>
      Number(
        new RegExp(`^undertone_webrtc_packets_lost_total\\{media="${media}"\\} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0,
      );
    expect(lost('audio')).toBeGreaterThan(10);
    // A twentieth of the film's packets, some hundred, was lost on the way. A busy machine asks late for some of them.
    expect(lost('video')).toBeLessThan(50);
  });

  it('leaves nothing of its addresses and keys in the log, and no participant above the level debug', () => {
    expect(server.logLines.join('')).not.toMatch(/candidate|fingerprint/);
    const lines = server.logLines.filter((line) => JSON.parse(line).level > DEBUG_LEVEL);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('')).not.toContain('customer');
  });
});
