import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createEmotionClient,
  type EmotionEvent,
  openSession,
  parseEmotionEvent,
  parseJson,
  type SessionPublisher,
} from '../../client-sdk/index.ts';
import { run as analyze } from '../../server/commands/analyze.ts';
import { byArrival } from '../support/e2e/call-script.ts';
import { inProcess } from '../support/e2e/command-line.ts';
import { collect, isEmotion, streamProblems } from '../support/e2e/events.ts';
import { publishCall } from '../support/e2e/publish-call.ts';
import { type RealServer, startRealServer } from '../support/e2e/real-server.ts';
import { AGENT, CUSTOMER, readSampleCall, type SampleCall } from '../support/e2e/sample-call.ts';
import { writeWav } from '../support/recordings.ts';

const GERMAN = 'Hallo, mein Internet geht seit drei Tagen nicht mehr, und niemand ruft mich zurück.';
const CHINESE = '非常抱歉，我马上帮您查一下。';
const ENGLISH = 'Nobody has called me back, and I am really upset.';
/** In the order of the sample call's first three turns. */
const SAID = [GERMAN, CHINESE, ENGLISH];
/** Where the last of them has ended. */
const SAID_MS = 16_000;
/** Words land long after their utterance was told, also on a busy machine. */
const WORDS_DELAY_MS = 3000;
const UNTIL_MS = SAID_MS + WORDS_DELAY_MS;
const UNREAD = { state: 'absent', contribution: 0, quality: null, reason: 'unsupported-language' };

describe('a call in several languages', () => {
  let server: RealServer;
  let call: SampleCall;
  let events: EmotionEvent[];

  beforeAll(async () => {
    [server, call] = await Promise.all([startRealServer(), readSampleCall()]);
    const words = call
      .words(WORDS_DELAY_MS, SAID_MS)
      .flatMap((item, turn) => (item.kind === 'words' ? [{ ...item, text: SAID[turn]! }] : []));
    const opened = Promise.withResolvers<SessionPublisher>();
    const published = publishCall({
      url: server.url,
      items: byArrival([...call.audio(UNTIL_MS), ...words]),
      speed: 2,
      onOpen: opened.resolve,
    });
    const { sessionId } = await Promise.race([opened.promise, published]);
    [events] = await Promise.all([collect(createEmotionClient({ url: server.url }).events(sessionId)), published]);
  });
  afterAll(() => server.close());

  const revised = () => events.filter(isEmotion).filter(({ transcript }) => transcript !== null);

  it('tells all words, and scores those alone that the model reads', () => {
    expect(streamProblems(events)).toEqual([]);
    expect(revised().map(({ participant, transcript }) => [participant, transcript!.text])).toEqual([
      [CUSTOMER, GERMAN],
      [AGENT, CHINESE],
      [CUSTOMER, ENGLISH],
    ]);
    const [german, chinese, english] = revised().map(({ modalities }) => modalities.text);
    expect([german, chinese]).toEqual([UNREAD, UNREAD]);
    expect(english).toMatchObject({ state: 'ok', contribution: expect.any(Number) });
    expect(english!.contribution).toBeGreaterThan(0);
  });

  it('gives the score of the voice alone where the words are not read', () => {
    for (const revision of revised().slice(0, 2)) {
      const first = events.filter(isEmotion).find(({ utteranceId }) => utteranceId === revision.utteranceId)!;
      expect(first).toMatchObject({ revision: 0, transcript: null });
      expect(revision.revision).toBe(1);
      expect(revision.emotion).toEqual(first.emotion);
      expect(revision.sentiment).toEqual(first.sentiment);
      expect(revision.modalities.audio).toMatchObject({ state: 'ok', contribution: 1 });
      expect(revision.explanation?.words).toEqual([]);
    }
  });

  it('fails an utterance that has no more than such words, with the words and the reason', async () => {
    const session = await openSession({ url: server.url });
    const track = await session.addTrack({ id: 'caller' }, { kind: 'transcript' });
    session.sendTranscript(track, { segmentId: '1', startMs: 0, endMs: 3000, text: GERMAN, final: true });
    await session.end();
    const told = await collect(createEmotionClient({ url: server.url }).events(session.sessionId));
    expect(told.filter(({ type }) => type.startsWith('utterance.')).slice(-1)).toMatchObject([
      { type: 'utterance.failed', code: 'unsupported-language', transcript: { text: GERMAN } },
    ]);
  });

  it('never writes the words to the log', () => {
    expect(server.logLines.length).toBeGreaterThan(0);
    for (const text of SAID) expect(server.logLines.join('\n')).not.toContain(text.slice(0, 6));
  });
});

describe('a recording with a transcript in another language', () => {
  const folder = mkdtempSync(join(tmpdir(), 'undertone-languages-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is analyzed by its voices', async () => {
    const transcript = join(folder, 'words.json');
    const cue = { startMs: 800, endMs: 5960, text: GERMAN, speaker: 'Customer' };
    writeFileSync(transcript, JSON.stringify([cue]));
    const recording = join(folder, 'call.wav');
    const { voices, sampleRateHz } = await readSampleCall();
    writeWav(
      recording,
      sampleRateHz,
      voices.map((voice) => voice.subarray(0, 7 * sampleRateHz)),
    );
    const words = ['--transcript', transcript, '--speakers', 'Customer,Agent'];
    const { stdout, status } = await inProcess(analyze, recording, ...words, '--json');
    expect(status).toBe(0);
    const events = stdout.trim().split('\n').slice(0, -1);
    const [first] = events.map((line) => parseEmotionEvent(parseJson(line))).filter(isEmotion);
    expect(first).toMatchObject({ transcript: { text: GERMAN }, modalities: { text: UNREAD } });
    expect(first!.modalities.audio.contribution).toBe(1);
  });
});
