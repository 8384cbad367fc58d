import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../../client-sdk/protocol/index.ts';
import { parseRecallMessage } from '../../../../server/ingest/recall/recall-message.ts';
import { readRecallWords } from '../../../../server/ingest/recall/recall-words.ts';

interface Documented {
  readonly event: string;
  readonly data: {
    readonly data: {
      readonly participant: { id: unknown; name: unknown };
      timestamp?: unknown;
      type?: unknown;
      buffer?: unknown;
      words?: unknown;
    };
    recording?: unknown;
  };
}

const documented = (): Documented[] =>
  JSON.parse(readFileSync(new URL('../../../fixtures/recall/documented-messages.json', import.meta.url), 'utf8'));
const [JOIN, AUDIO, PICTURE, WORDS, CHAT] = documented() as [
  Documented,
  Documented,
  Documented,
  Documented,
  Documented,
];
const RECORDING = 'b0d6f0de-9f80-4a7f-8a53-3fd3e4b6a003';

/** The documented message with something else in it. */
function changed(
  message: Documented,
  change: (data: Documented['data']['data'], envelope: Documented['data']) => void,
): Documented {
  const copy = structuredClone(message);
  change(copy.data.data, copy.data);
  return copy;
}

describe('a message of Recall.ai', () => {
  const ann = { id: '100', name: 'Ann Example', isHost: true };

  it('tells whose voice, when in the recording, and the sound', () => {
    expect(parseRecallMessage(AUDIO)).toEqual({
      kind: 'audio',
      recordingId: RECORDING,
      title: null,
      attendee: ann,
      atMs: 1250,
      bytes: Buffer.from([0, 0, 1, 0, 2, 0, 0xff, 0xff]),
    });
  });

  it('tells whose camera and the picture, and leaves a shared screen out', () => {
    const picture = parseRecallMessage(PICTURE);
    expect(picture).toMatchObject({ kind: 'picture', attendee: ann, atMs: 1500 });
    expect(picture.kind === 'picture' && picture.bytes.slice(1, 4)).toEqual(Buffer.from('PNG'));
    const screen = changed(PICTURE, (data) => {
      data.type = 'screenshare';
    });
    expect(parseRecallMessage(screen)).toEqual({ kind: 'other' });
  });

  it('tells who came, left, and whose camera went on or off', () => {
    expect(parseRecallMessage(JOIN)).toMatchObject({ kind: 'change', change: 'joined', attendee: ann });
    for (const [action, change] of [
      ['leave', 'left'],
      ['webcam_on', 'webcam-on'],
      ['webcam_off', 'webcam-off'],
    ]) {
      expect(parseRecallMessage({ ...JOIN, event: `participant_events.${action}` })).toMatchObject({ change });
    }
  });

  it('tells whose words, when they began, and the title that the recording was given', () => {
    const attendee = { id: '200', name: null, isHost: false };
    expect(parseRecallMessage(WORDS)).toMatchObject({ kind: 'words', title: 'Weekly', attendee, atMs: 1100 });
  });

  it.each([
    ['chat', CHAT],
    ['a speaker’s beginning', { ...JOIN, event: 'participant_events.speech_on' }],
    ['what a recogniser says itself', { ...WORDS, event: 'transcript.provider_data' }],
    [
      'words without any',
      changed(WORDS, (data) => {
        data.words = [];
      }),
    ],
    ['a change of the bot', { event: 'bot.status_change', data: {} }],
  ])('is nothing to us when it is %s', (_what, message) => {
    expect(parseRecallMessage(message)).toEqual({ kind: 'other' });
  });

  it.each([
    ['mixed sound', { ...AUDIO, event: 'audio_mixed_raw.data' }],
    ['H.264', { ...PICTURE, event: 'video_separate_h264.data' }],
    ['an event of tomorrow', { event: 'hologram.data', data: {} }],
  ])('is unknown when it is %s', (_what, message) => {
    expect(parseRecallMessage(message)).toEqual({ kind: 'unknown', event: message.event });
  });

  it.each([null, 'x', { length: 100 }, 0, 'a b', undefined])('knows nobody by the id %j', (id) => {
    const message = changed(AUDIO, (data) => {
      data.participant.id = id;
    });
    expect(parseRecallMessage(message)).toEqual(
      id === 'x' ? expect.objectContaining({ attendee: { ...ann, id } }) : { kind: 'unknown-participant' },
    );
  });

  it.each([
    ['no event', {}, 'event'],
    [
      'no recording',
      changed(AUDIO, (_data, envelope) => {
        delete envelope.recording;
      }),
      'data.recording.id',
    ],
    [
      'no time',
      changed(AUDIO, (data) => {
        data.timestamp = null;
      }),
      'data.data.timestamp.relative',
    ],
    [
      'a time that is none',
      changed(AUDIO, (data) => {
        data.timestamp = { relative: 'NaN' };
      }),
      'data.data.timestamp.relative',
    ],
    [
      'no sound',
      changed(AUDIO, (data) => {
        data.buffer = 7;
      }),
      'data.data.buffer',
    ],
  ])('with %s is refused by the name of what is missing', (_what, message, field) => {
    expect(() => parseRecallMessage(message)).toThrow(ProtocolError);
    expect(() => parseRecallMessage(message)).toThrow(expect.objectContaining({ field }));
  });

  it('names nobody longer than a name may be', () => {
    const message = changed(AUDIO, (data) => {
      data.participant.name = 'x'.repeat(101);
    });
    expect(parseRecallMessage(message)).toMatchObject({ attendee: { name: null } });
  });
});

describe('Recall.ai’s words', () => {
  it('are read with the recording’s times', () => {
    expect(readRecallWords(WORDS)).toEqual([
      {
        id: null,
        channel: 0,
        startMs: 1100,
        endMs: 1900,
        text: 'Good morning.',
        final: true,
        words: [
          { text: 'Good', startMs: 1100, endMs: 1400 },
          { text: 'morning.', startMs: 1400, endMs: 1900 },
        ],
      },
    ]);
  });

  it('are a guess where they are partial, and last a moment where they have no end', () => {
    const partial = changed({ ...WORDS, event: 'transcript.partial_data' }, (data) => {
      data.words = [{ text: ' Well ', start_timestamp: { relative: 2 }, end_timestamp: null }, { text: '' }, 7];
    });
    expect(readRecallWords(partial)).toMatchObject([{ text: 'Well', startMs: 2000, endMs: 2000, final: false }]);
  });

  it('are not those of others', () => {
    expect(readRecallWords(AUDIO)).toBeNull();
    expect(readRecallWords('words')).toBeNull();
  });
});
