import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmotionEvent, parseEmotionEvent, parseJson } from '../../../client-sdk/index.ts';
import { run } from '../../../server/commands/analyze.ts';
import { CLI, type CommandResult, inProcess, undertone } from '../../support/e2e/command-line.ts';
import { isEmotion, streamProblems } from '../../support/e2e/events.ts';
import { readSampleCall, SAMPLE_CALL_FILE, SAMPLE_CALL_TRANSCRIPT } from '../../support/e2e/sample-call.ts';
import { writeWav } from '../../support/recordings.ts';

const folder = mkdtempSync(join(tmpdir(), 'undertone-analyze-'));
const at = (name: string) => join(folder, name);

/** The first two sentences of the sample call, a channel each. */
const SHORT = at('short.wav');
const SHORT_MS = 12_000;

beforeAll(async () => {
  const { voices, sampleRateHz } = await readSampleCall();
  const end = (SHORT_MS * sampleRateHz) / 1000;
  writeWav(
    SHORT,
    sampleRateHz,
    voices.map((voice) => voice.subarray(0, end)),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const analyze = (...args: string[]) => inProcess(run, ...args);

const linesOf = ({ stdout }: CommandResult): unknown[] => stdout.trim().split('\n').map(parseJson);

/** The last line holds the warnings. */
const eventsOf = (result: CommandResult): EmotionEvent[] => linesOf(result).slice(0, -1).map(parseEmotionEvent);

describe('undertone analyze --json', () => {
  let result: CommandResult;
  let events: EmotionEvent[];

  beforeAll(async () => {
    const words = ['--transcript', SAMPLE_CALL_TRANSCRIPT, '--speakers', 'Customer,Agent'];
    result = await undertone('analyze', SAMPLE_CALL_FILE, ...words, '--json');
    events = eventsOf(result);
  });

  it('prints the events of the protocol, one a line, and exits with 0', () => {
    expect(result.status).toBe(0);
    expect(streamProblems(events)).toEqual([]);
    expect(events[0]).toMatchObject({ type: 'session.started', title: 'sample-call.webm' });
    expect(events.at(-1)).toMatchObject({ type: 'session.ended', reason: 'completed', utteranceCount: 13 });
  });

  it('ends with a line of warnings, here none', () => {
    expect(linesOf(result).at(-1)).toEqual({ type: 'warnings', warnings: [] });
  });

  it('gives every line of the transcript to the one who said it', () => {
    const heard = events.filter(isEmotion).map(({ participant, transcript }) => ({
      speaker: participant.displayName,
      role: participant.role,
      text: transcript?.text,
    }));
    const cues = readFileSync(SAMPLE_CALL_TRANSCRIPT, 'utf8').matchAll(/<v (\w+)>(.*)/g);
    const spoken = [...cues].map(([, speaker, text]) => ({ speaker, role: speaker!.toLowerCase(), text }));
    expect(heard).toEqual(spoken);
  });

  it('sees the customer once the camera is on, and hears everyone', () => {
    const turns = events.filter(isEmotion);
    const seen = turns.filter(({ modalities }) => modalities.video.contribution > 0);
    expect(seen.length).toBeGreaterThan(0);
    for (const { participant, startMs } of seen) {
      expect(participant.displayName).toBe('Customer');
      expect(startMs).toBeGreaterThan(44_000);
    }
    for (const { modalities } of turns) expect(modalities.audio.contribution).toBeGreaterThan(0);
  });

  it('tells its progress on standard error, a line every tenth', () => {
    const lines = result.stderr.trim().split('\n');
    expect(lines.length).toBeLessThanOrEqual(12);
    for (const line of lines)
      expect(line).toMatch(/^analyzing \d+ % \(\d+:\d\d of 1:09, [\d.]+× real time(, \d+:\d\d left)?\)$/);
    expect(lines.at(-1)).toContain('100 %');
  });
});

describe('undertone analyze', () => {
  it('prints JSON Lines of its own accord when nobody watches, with speakers of its own', async () => {
    const result = await analyze(SHORT);
    const events = eventsOf(result);
    expect(streamProblems(events)).toEqual([]);
    expect(events.filter(isEmotion).map(({ participant }) => participant.displayName)).toEqual([
      'Speaker 1',
      'Speaker 2',
    ]);
  });

  it('mixes all channels for one speaker', async () => {
    const events = eventsOf(await analyze(SHORT, '--speakers', 'agent:Everyone'));
    expect(events.filter(isEmotion).map(({ participant }) => participant)).toEqual(
      Array.from({ length: 2 }, () => ({ id: 'speaker-1', role: 'agent', displayName: 'Everyone' })),
    );
  });

  it('takes words from SubRip and from JSON', async () => {
    const json = at('words.json');
    writeFileSync(json, JSON.stringify([{ startMs: 800, endMs: 5960, text: 'Nobody called.', speaker: 'Dana' }]));
    const srt = at('words.srt');
    writeFileSync(srt, '1\n00:00:00,800 --> 00:00:05,960\nNobody called.\n');
    for (const transcript of [json, srt]) {
      const result = await analyze(SHORT, '--transcript', transcript, '--speakers', 'Dana,Sam');
      const texts = eventsOf(result)
        .filter(isEmotion)
        .map((event) => event.transcript?.text);
      expect(texts).toEqual(['Nobody called.', undefined]);
    }
  });

  it('writes a report that is one file and needs no network', async () => {
    const report = at('report.html');
    const result = await analyze(SHORT, '--html', report);
    expect(result).toMatchObject({ status: 0, stdout: '' });
    expect(result.stderr).toContain(`report written to ${report}\n`);
    const html = readFileSync(report, 'utf8');
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toContain('"utterances":[{');
    expect(html).toContain('id="report-sound"');
    expect(html).not.toMatch(/<link|<script[^>]*\ssrc=|@import|url\(["']?https?:/);
  });

  it('is content with a recording in which nobody speaks', async () => {
    const silence = at('silence.wav');
    writeWav(silence, 16_000, [new Float32Array(32_000)]);
    const result = await analyze(silence, '--json');
    expect(result.status).toBe(0);
    expect(eventsOf(result).map(({ type }) => type)).toEqual(['session.started', 'session.ended']);
  });

  it('leaves the sound out of a report on request', async () => {
    const silence = at('quiet.wav');
    const report = at('quiet.html');
    writeWav(silence, 16_000, [new Float32Array(16_000)]);
    const result = await undertone('analyze', silence, '--html', report, '--no-audio', '--agent-emotions');
    expect(result.status).toBe(0);
    expect(readFileSync(report, 'utf8')).toContain('"showsAgentEmotions":true');
    expect(readFileSync(report, 'utf8')).not.toContain('id="report-sound"');
  });

  it('warns in the output and on standard error, and goes on', async () => {
    const cutOff = at('cut-off.wav');
    writeFileSync(cutOff, readFileSync(SHORT).subarray(0, 500_000));
    const result = await analyze(cutOff, '--json');
    expect(result.status).toBe(0);
    expect(linesOf(result).at(-1)).toMatchObject({ type: 'warnings', warnings: [{ code: 'recording-truncated' }] });
    expect(result.stderr).toMatch(/^warning: the file is shorter than its header says.*$/m);
  });

  it.each([
    ['a reader that leaves', '| head -1 > /dev/null', 141, /^$/],
    ['a full disk', '> /dev/full', 1, /^undertone analyze: cannot write the output: no space is left on the device$/],
    [
      'a full disk for the report',
      '--no-audio --html /dev/full',
      1,
      /^undertone analyze: cannot write \/dev\/full: no space is left on the device$/,
    ],
  ])('ends in one quiet line on %s', (_, output, status, message) => {
    const command = [process.execPath, CLI, 'analyze', SHORT].map((part) => `'${part}'`).join(' ');
    const result = spawnSync('bash', ['-o', 'pipefail', '-c', `${command} ${output}`], { encoding: 'utf8' });
    expect(result.status).toBe(status);
    const lines = result.stderr.split('\n').filter((line) => !/^(analyzing .*)?$/.test(line));
    expect(lines.join('\n')).toMatch(message);
  });

  it('explains itself', async () => {
    const { status, stdout, stderr } = await analyze('--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const option of ['--transcript', '--speakers', '--json', '--html', '--no-audio', '--agent-emotions'])
      expect(stdout).toContain(option);
  });
});

describe('undertone analyze refuses with exit code 2 and one line', () => {
  const garbage = at('garbage.mp3');
  const notWords = at('words.docx');
  writeFileSync(garbage, 'this is no recording');
  writeFileSync(notWords, 'PK\u0003\u0004 a document');

  it.each<[string, string[], RegExp]>([
    ['no file', [], /give a FILE/],
    ['an offset that is none', [SHORT, '--offset', 'soon'], /--offset is a list of seconds/],
    ['an option that is none', [SHORT, '--jsno'], /--jsno/],
    ['an option without its value', [SHORT, '--html'], /--html/],
    ['two outputs', [SHORT, '--json', '--html', at('x.html')], /exclude each other/],
    ['a file that is not there', [at('nowhere.wav')], /cannot read .*nowhere\.wav: no such file/],
    ['a folder', [folder], /cannot read .*: it is a directory/],
    ['a file that is no recording', [garbage], /cannot read .*garbage\.mp3: it is no recording/],
    [
      'a transcript that is not there',
      [SHORT, '--transcript', at('no.vtt')],
      /cannot read the transcript .*no such file/,
    ],
    ['a transcript of no known kind', [SHORT, '--transcript', notWords], /cannot read the transcript .*words\.docx/],
    ['more speakers than channels', [SHORT, '--speakers', 'a,b,c'], /2 channels, but --speakers names 3/],
    [
      'one name for two voices',
      [SHORT, '--tell-voices-apart', '--speakers', 'a'],
      /--tell-voices-apart finds two speakers/,
    ],
    ['a role that is none', [SHORT, '--speakers', 'boss:Ann,agent:Bob'], /--speakers entry 1/],
    [
      'a report in no folder',
      [SHORT, '--html', at('nowhere/report.html')],
      /cannot write .*report\.html: no such folder/,
    ],
    ['a report that is a folder', [SHORT, '--html', folder], /cannot write/],
    [
      'an operating point that the bundle lacks',
      [SHORT, '--operating-point', 'best'],
      /The model bundle has no operating point "best": it has /,
    ],
  ])('%s', async (_what, args, reason) => {
    const { status, stdout, stderr } = await analyze(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^undertone analyze: [^\n]*\n$/);
    expect(stderr).toMatch(reason);
  });
});
