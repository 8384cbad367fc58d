import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { readWav } from '../../client-sdk/examples/read-wav.ts';
import type { EmotionEvent } from '../../client-sdk/protocol/index.ts';
import { startEventServer } from '../support/client-sdk/event-server.ts';
import { startPublishServer } from '../support/client-sdk/publish-server.ts';
import { sampleSession } from '../support/client-sdk/sample-events.ts';
import { wavFile } from '../support/client-sdk/wav-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'undertone-examples-'));

afterAll(() => rmSync(folder, { recursive: true }));

function runExample(name: string, args: string[], url: string) {
  const path = fileURLToPath(new URL(`../../client-sdk/examples/${name}`, import.meta.url));
  return promisify(execFile)(process.execPath, [path, ...args], { env: { ...process.env, UNDERTONE_URL: url } });
}

describe('the example that publishes a recording', () => {
  it('sends each channel as a participant, sample by sample and at the pace of the call', async () => {
    const left = Array.from({ length: 2000 }, (_, index) => index);
    const right = left.map((sample) => -sample);
    const file = join(folder, 'call.wav');
    writeFileSync(file, wavFile(8000, [left, right]));
    await using server = await startPublishServer();
    const startMs = performance.now();
    const { stdout } = await runExample('publish-wav.ts', [file], server.url);

    expect(performance.now() - startMs).toBeGreaterThan(240);
    expect(stdout.trim()).toBe('chosen');
    expect(server.messages('session.start')).toEqual([{ type: 'session.start', version: 1, title: 'call.wav' }]);
    expect(server.messages('track.add').map(({ participant }) => participant.id)).toEqual(['channel-1', 'channel-2']);
    expect(server.packets(0).map(({ mediaTimeMs }) => mediaTimeMs)).toEqual([0, 40, 80, 120, 160, 200, 240]);
    const sent = Buffer.concat(server.packets(1).map(({ payload }) => payload));
    expect(sent.byteLength).toBe(4000);
    const worst = right.map((sample, index) => Math.abs(sent.readInt16LE(2 * index) - sample));
    expect(Math.max(...worst)).toBeLessThanOrEqual(1);
    expect(server.messages('session.end')).toHaveLength(1);
  });

  it('reads nothing but 16-bit PCM', () => {
    const wav = wavFile(8000, [[1]]);
    expect(readWav(wav)).toEqual({ sampleRateHz: 8000, channels: [Float32Array.of(1 / 0x8000)] });
    expect(() => readWav(wav.subarray(0, 8))).toThrow('not a WAV file');
    expect(() => readWav(wav.subarray(0, 40))).toThrow('no samples');
    wav[20] = 3;
    expect(() => readWav(wav)).toThrow('16-bit PCM');
  });
});

describe('the example that subscribes', () => {
  it('prints a line an event until the session ends', async () => {
    await using server = await startEventServer({ events: sampleSession(3) });
    const { stdout } = await runExample('subscribe.ts', ['call-1'], server.url);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      '0.1 s  session started, scored by undertone-mini@0.1.0',
      '0.2 s  caller: joy 70 % (revision 0)  “That is wonderful.”',
      '0.3 s  session ended (completed) after 1 utterances',
    ]);
  });

  it('says that an emotion is unclear and that dissatisfaction is likely', async () => {
    const events = sampleSession(3).map((event): EmotionEvent => {
      if (event.type !== 'utterance.emotion') return event;
      const emotion = { ...event.emotion, certain: false };
      return { ...event, emotion, dissatisfaction: { probability: 0.8, likely: true } };
    });
    await using server = await startEventServer({ events });
    const { stdout } = await runExample('subscribe.ts', ['call-1'], server.url);
    expect(stdout).toContain('caller: unclear, perhaps joy 70 %, dissatisfaction likely (revision 0)');
  });
});
