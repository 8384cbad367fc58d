import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  decodeMediaPacket,
  encodeMediaPacket,
  ProtocolError,
  parsePublisherMessage,
  TRANSCRIPT_SOURCES,
} from '../../../client-sdk/protocol/index.ts';
import { AudioHookSession } from '../../../server/ingest/audiohook/audiohook-session.ts';
import { readStreamSettings } from '../../../server/ingest/freeswitch/stream-settings.ts';
import { parseRecallMessage } from '../../../server/ingest/recall/recall-message.ts';
import { readRecallWords } from '../../../server/ingest/recall/recall-words.ts';
import type { ReadRecognized } from '../../../server/ingest/transcripts/recognized-segment.ts';
import { TranscriptSource } from '../../../server/ingest/transcripts/transcript-source.ts';
import { parseTwilioMessage } from '../../../server/ingest/twilio/twilio-message.ts';
import { parseRtmsMessage } from '../../../server/ingest/zoom/rtms-message.ts';
import { readRtmsWords } from '../../../server/ingest/zoom/rtms-words.ts';
import { parseZoomWebhook } from '../../../server/ingest/zoom/zoom-webhook.ts';
import { seededRandom } from '../../support/e2e/seeded-random.ts';
import { mutateBytes, mutateJson } from '../../support/fuzz/mutate.ts';

/** Mutations of each seed. */
const ROUNDS = 150;

/** Objects of the documented messages, at any depth of a fixture. */
function seedsOf(folder: string): object[] {
  const directory = new URL(`../../fixtures/${folder}/`, import.meta.url);
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => objectsIn(JSON.parse(readFileSync(new URL(file, directory), 'utf8')), 0));
}

function objectsIn(value: unknown, depth: number): object[] {
  if (typeof value !== 'object' || value === null || depth > 2) return [];
  const inner = Object.values(value).flatMap((field) => objectsIn(field, depth + 1));
  return Array.isArray(value) ? inner : [value, ...inner];
}

/** Whatever it is given, each of `takes` may refuse it as a break of the protocol and throw nothing else. */
function mustNotThrow(seeds: readonly object[], ...takes: readonly ((value: unknown) => unknown)[]): void {
  const random = seededRandom(7);
  expect(seeds.length).toBeGreaterThan(0);
  for (const seed of seeds) {
    for (let round = 0; round < ROUNDS; round += 1) {
      const value: unknown = JSON.parse(JSON.stringify(mutateJson(seed, random)) ?? 'null');
      for (const take of takes) {
        try {
          take(value);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw new Error(JSON.stringify(value).slice(0, 500), { cause: error });
        }
      }
    }
  }
  expect({}).not.toHaveProperty('polluted');
}

/** What the words of a source must be, whatever was sent. */
function wordsOf(source: TranscriptSource) {
  return (value: unknown): void => {
    for (const { segment } of source.take(value, 0) ?? []) {
      expect(segment.segmentId.length).toBeLessThanOrEqual(64);
      expect(Number.isFinite(segment.startMs) && Number.isFinite(segment.endMs)).toBe(true);
      expect(typeof segment.text).toBe('string');
    }
  };
}

describe('a mutated message', () => {
  it('of Twilio is read or refused', () => mustNotThrow(seedsOf('twilio'), parseTwilioMessage));

  it('of Recall.ai is read or refused', () => {
    mustNotThrow(
      seedsOf('recall'),
      parseRecallMessage,
      wordsOf(new TranscriptSource(readRecallWords as ReadRecognized)),
    );
  });

  it('of Zoom is read or refused', () => {
    mustNotThrow(seedsOf('zoom'), parseZoomWebhook, parseRtmsMessage, wordsOf(new TranscriptSource(readRtmsWords)));
  });

  it.each(TRANSCRIPT_SOURCES)('of the recogniser %s gives words with usable times, or none', (name) => {
    mustNotThrow(seedsOf('transcripts'), wordsOf(new TranscriptSource(name)));
  });

  it('of AudioHook is answered or refused, in any state', () => {
    const id = 'e160e428-53b2-487c-977d-96989bf5c99d';
    const head = { version: '2', id, position: 'PT0S' };
    const open = {
      organizationId: id,
      conversationId: id,
      participant: { id, ani: '+1', aniName: 'A', dnis: '+2' },
      media: [{ type: 'audio', format: 'PCMU', channels: ['external', 'internal'], rate: 8000 }],
    };
    const messages = ['open', 'ping', 'update', 'paused', 'resumed', 'discarded', 'dtmf', 'close'].map((type) => ({
      ...head,
      type,
      seq: 1,
      serverseq: 0,
      parameters: { ...open, start: 'PT0S', discarded: 'PT1S' },
    }));
    const options = { sessionId: null, organizationId: null, authorized: true };
    let session = new AudioHookSession(options);
    let seq = 0;
    mustNotThrow(messages, (value) => {
      if (session.state === 'closed' || session.state === 'refused') {
        session = new AudioHookSession(options);
        seq = 0;
      }
      seq += 1;
      session.onMessage(typeof value === 'object' && value !== null ? { ...value, seq } : value);
      session.onAudio(new Uint8Array(seq % 7));
    });
  });

  it('of the publish protocol is read or refused', () => {
    const participant = { id: 'a', role: 'agent', displayName: 'A' };
    const traceparent = `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01`;
    const media = { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz: 8000 };
    mustNotThrow(
      [
        { type: 'session.start', version: 1, sessionId: 's', title: 't', traceparent },
        { type: 'track.add', track: 0, participant, media },
        { type: 'transcript', track: 0, segmentId: 'x', startMs: 0, endMs: 1, text: 'hi', final: true },
        { type: 'transcript.result', tracks: [0, 1], source: 'whisper', offsetMs: 3, result: { segments: [] } },
        { type: 'track.end', track: 0 },
      ],
      parsePublisherMessage,
    );
  });

  it('of FreeSWITCH’s metadata, and its address, says something or nothing', () => {
    mustNotThrow([{ rate: 16_000, mix: 'stereo', token: 't', sessionId: 's', callerId: 'a' }], (value) => {
      const text = JSON.stringify(value).slice(0, 5000);
      const { sampleRateHz, mix } = readStreamSettings(
        `/v1/freeswitch?rate=${encodeURIComponent(text.toWellFormed())}`,
        text,
      );
      expect(sampleRateHz).toBeGreaterThanOrEqual(8000);
      expect(sampleRateHz).toBeLessThanOrEqual(96_000);
      expect(['mono', 'mixed', 'stereo']).toContain(mix);
    });
  });
});

describe('a mutated packet', () => {
  it('is read or refused', () => {
    const random = seededRandom(9);
    const packet = encodeMediaPacket({ kind: 'audio', track: 1, mediaTimeMs: 20, payload: new Uint8Array(64) });
    for (let round = 0; round < 20_000; round += 1) {
      try {
        decodeMediaPacket(mutateBytes(packet, random));
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
      }
    }
  });
});
