/** What recognisers write for recordings, as their documentation shows it, and the cues that it gives. */

/** Words of half a second from `start` on, in seconds. */
export const words = <T extends object>(
  text: string,
  start: number,
  make: (word: string, start: number, end: number) => T,
) => text.split(' ').map((word, index) => make(word, start + index / 2, start + index / 2 + 0.4));
const plain = (word: string, start: number, end: number) => ({ word, start, end });
const google = (word: string, start: number, end: number) => ({ word, startTime: `${start}s`, endTime: `${end}s` });
const aws = (content: string, start: number, end: number) => ({
  type: 'pronunciation',
  start_time: String(start),
  end_time: String(end),
  alternatives: [{ confidence: '0.9', content }],
});
const full = { type: 'punctuation', alternatives: [{ confidence: '0.0', content: '.' }] };
const soniox = (text: string, start: number, end: number, speaker = '1') => ({
  text,
  start_ms: start,
  end_ms: end,
  speaker,
  confidence: 1,
});

const TWO = ['1000-1900 ?: Good morning (2)', '3000-3900 ?: Thank you (2)'];

export const TRANSCRIPT_FILES: readonly (readonly [string, unknown, readonly string[]])[] = [
  [
    'own cues, with null where nothing is known',
    [
      { startMs: 3000, endMs: 3900, text: 'Bye.', speaker: null, channel: 1 },
      { startMs: 0, endMs: 900, text: ' Hello.  You ', speaker: 'Sam', channel: 0 },
    ],
    ['0-900 #0 Sam: Hello. You', '3000-3900 #1 ?: Bye.'],
  ],
  [
    'Whisper with words, and words without times',
    {
      text: '…',
      language: 'en',
      segments: [
        { id: 0, start: 1, end: 2, text: ' Good morning', words: words('Good morning', 1, plain) },
        {
          id: 1,
          start: 3,
          end: 3.9,
          text: ' Thank 42',
          words: [{ word: 'Thank', start: 3, end: 3.4 }, { word: '42' }],
        },
      ],
    },
    ['1000-2000 ?: Good morning (2)', '3000-3900 ?: Thank 42 (2)'],
  ],
  [
    'OpenAI with the words apart',
    {
      task: 'transcribe',
      segments: [
        { id: 0, start: 0.8, end: 2, text: 'Good morning.' },
        { id: 1, start: 2, end: 4, text: 'Thank you.' },
      ],
      words: [...words('Good morning', 1, plain), ...words('Thank you', 3, plain)],
    },
    ['800-2000 ?: Good morning. (2)', '2000-4000 ?: Thank you. (2)'],
  ],
  [
    'OpenAI with nothing but words',
    { text: '…', words: [...words('Good morning', 1, plain), ...words('Thank you', 3, plain)] },
    TWO,
  ],
  [
    'OpenAI with speakers',
    {
      text: 'Hi.',
      segments: [{ type: 'transcript.text.segment', id: 's', start: 0, end: 1.1, text: 'Hi.', speaker: 'A' }],
    },
    ['0-1100 A: Hi.'],
  ],
  [
    'whisperX with a speaker per word',
    {
      segments: [
        {
          start: 1,
          end: 4,
          text: 'Good morning Thank you',
          words: [
            ...words('Good morning', 1, (...at) => ({ ...plain(...at), speaker: 'SPEAKER_00' })),
            ...words('Thank you', 3, (...at) => ({ ...plain(...at), speaker: 'SPEAKER_01' })),
          ],
        },
      ],
    },
    ['1000-1900 SPEAKER_00: Good morning (2)', '3000-3900 SPEAKER_01: Thank you (2)'],
  ],
  [
    'the chunks of Hugging Face',
    {
      text: '…',
      chunks: [
        { timestamp: [0, 1.5], text: ' Hi.' },
        { timestamp: [2, null], text: ' Bye.' },
      ],
    },
    ['0-1500 ?: Hi.', '2000-2000 ?: Bye.'],
  ],
  [
    'whisper.cpp with tokens',
    {
      result: { language: 'en' },
      transcription: [
        {
          timestamps: { from: '00:00:01,000', to: '00:00:02,000' },
          text: ' Good morning',
          speaker: '?',
          tokens: [
            { text: '[_BEG_]', offsets: { from: 0, to: 0 } },
            { text: ' Good', offsets: { from: 1000, to: 1400 } },
            { text: ' mor', offsets: { from: 1500, to: 1700 } },
            { text: 'ning', offsets: { from: 1700, to: 1900 } },
          ],
        },
      ],
    },
    ['1000-2000 ?: Good morning (2)'],
  ],
  [
    'Deepgram without utterances',
    {
      metadata: { channels: 2 },
      results: {
        channels: [
          { alternatives: [{ transcript: '…', words: words('Good morning', 1, plain) }] },
          { alternatives: [{ transcript: '', words: [] }] },
        ],
      },
    },
    ['1000-1900 #0 ?: Good morning (2)'],
  ],
  [
    'Deepgram with speakers on one channel',
    {
      results: {
        channels: [
          {
            alternatives: [
              {
                words: [
                  ...words('good morning', 1, (word, start, end) => ({
                    ...plain(word, start, end),
                    speaker: 0,
                    punctuated_word: word === 'good' ? 'Good' : 'morning.',
                  })),
                  ...words('Thank you', 2, (...at) => ({ ...plain(...at), speaker: 1 })),
                ],
              },
            ],
          },
        ],
      },
    },
    ['1000-1900 0: Good morning. (2)', '2000-2900 1: Thank you (2)'],
  ],
  [
    'AssemblyAI with channels',
    {
      status: 'completed',
      audio_channels: 2,
      utterances: [
        { channel: '1', speaker: '1', text: 'Hi.', start: 100, end: 900, words: [] },
        { channel: '2', speaker: '2', text: 'Bye.', start: 1000, end: 1900, words: null },
      ],
    },
    ['100-900 #0 1: Hi.', '1000-1900 #1 2: Bye.'],
  ],
  [
    'AssemblyAI without utterances',
    {
      status: 'completed',
      audio_url: 'x',
      utterances: null,
      words: words('Good morning', 1, (text, start, end) => ({
        text,
        start: start * 1000,
        end: end * 1000,
        speaker: null,
      })),
    },
    ['1000-1900 ?: Good morning (2)'],
  ],
  [
    'the sentences of AssemblyAI',
    { id: 'x', sentences: [{ text: 'Hi.', start: 100, end: 900, words: [], speaker: 'B' }] },
    ['100-900 B: Hi.'],
  ],
  [
    'AWS with a speaker per item',
    {
      results: {
        transcripts: [{ transcript: '…' }],
        items: [
          ...words('Good morning', 1, aws).map((item) => ({ ...item, speaker_label: 'spk_0' })),
          { ...full, speaker_label: 'spk_0' },
          ...words('Thank you', 2, aws).map((item) => ({ ...item, speaker_label: 'spk_1' })),
        ],
      },
    },
    ['1000-1900 spk_0: Good morning. (2)', '2000-2900 spk_1: Thank you (2)'],
  ],
  [
    'AWS with the speakers apart',
    {
      results: {
        speaker_labels: {
          speakers: 2,
          segments: [
            { start_time: '1.0', end_time: '2', speaker_label: 'spk_0', items: [] },
            {
              start_time: '2.0',
              end_time: '3',
              speaker_label: 'spk_1',
              items: [{ start_time: '2', speaker_label: 'spk_1' }],
            },
          ],
        },
        items: [...words('Good morning', 1, aws), ...words('Thank you', 2, aws)],
      },
    },
    ['1000-1900 spk_0: Good morning (2)', '2000-2900 spk_1: Thank you (2)'],
  ],
  [
    'AWS with a channel in which nobody spoke',
    {
      results: {
        channel_labels: {
          number_of_channels: 2,
          channels: [
            { channel_label: 'ch_0', items: words('Good morning', 1, aws) },
            { channel_label: 'ch_1', items: [] },
          ],
        },
      },
    },
    ['1000-1900 #0 ?: Good morning (2)'],
  ],
  [
    'Google version 1 with channels, in the answer of an operation',
    {
      name: '1',
      done: true,
      response: {
        results: [
          { alternatives: [{ transcript: 'Good morning', words: words('Good morning', 1, google) }], channelTag: 1 },
          { alternatives: [{ transcript: 'Thank you', words: words('Thank you', 3, google) }], channelTag: 2 },
        ],
      },
    },
    ['1000-1900 #0 ?: Good morning (2)', '3000-3900 #1 ?: Thank you (2)'],
  ],
  [
    'Google version 1 with speakers in a last result that repeats all words',
    {
      results: [
        { alternatives: [{ transcript: 'Good morning Thank you', words: words('Good morning', 1, google) }] },
        {
          alternatives: [
            {
              words: [
                ...words('Good morning', 1, (...at) => ({ ...google(...at), speakerTag: 1 })),
                ...words('Thank you', 2, (...at) => ({ ...google(...at), speakerTag: 2 })),
              ],
            },
          ],
        },
      ],
    },
    ['1000-1900 1: Good morning (2)', '2000-2900 2: Thank you (2)'],
  ],
  [
    'Google version 2 in snake_case, with durations as objects',
    {
      results: [
        {
          alternatives: [
            {
              transcript: 'Good morning',
              words: [
                { word: 'Good', start_offset: { seconds: 1 }, end_offset: { seconds: 1, nanos: 400_000_000 } },
                { word: 'morning', start_offset: { seconds: '1', nanos: 500_000_000 }, end_offset: '1.9s' },
              ],
            },
          ],
          result_end_offset: '2s',
          language_code: 'en-us',
        },
      ],
    },
    ['1000-1900 ?: Good morning (2)'],
  ],
  [
    'Google version 2 as a batch of one file, without word times',
    {
      results: {
        'gs://bucket/call.wav': {
          transcript: {
            results: [
              { alternatives: [{ transcript: 'Good morning.' }], resultEndOffset: '1.900s' },
              { alternatives: [{ transcript: 'Thank you.' }], resultEndOffset: '60s' },
            ],
          },
        },
      },
    },
    ['0-1900 ?: Good morning.', '58000-60000 ?: Thank you.'],
  ],
  [
    'Azure as a batch',
    {
      source: 'x',
      combinedRecognizedPhrases: [],
      recognizedPhrases: [
        {
          recognitionStatus: 'Success',
          channel: 1,
          speaker: null,
          offset: 'PT1M1.5S',
          duration: 'PT1.25S',
          nBest: [{ display: 'Good morning.', lexical: 'good morning' }],
        },
        {
          recognitionStatus: 'Success',
          channel: 0,
          speaker: 2,
          offsetInTicks: 20_000_000,
          durationInTicks: 10_000_000,
          nBest: [{ display: 'Bye.', words: [{ word: 'bye', offsetInTicks: 2e7, durationInTicks: 1e7 }] }],
        },
        { recognitionStatus: 'Failure', channel: 0, offset: 'PT0S', duration: 'PT0S' },
      ],
    },
    ['2000-3000 #0 2: Bye. (1)', '61500-62750 #1 ?: Good morning.'],
  ],
  [
    'Azure’s fast transcription',
    {
      durationMilliseconds: 4000,
      combinedPhrases: [{ text: '…' }],
      phrases: [{ offsetMilliseconds: 100, durationMilliseconds: 900, text: 'Hi.', speaker: 1, locale: 'en-US' }],
    },
    ['100-1000 1: Hi.'],
  ],
  [
    'Rev.ai with punctuation',
    {
      monologues: [
        {
          speaker: 0,
          elements: [
            { type: 'text', value: 'Hi', ts: 1, end_ts: 1.4, confidence: 1 },
            { type: 'punct', value: ', ' },
            { type: 'text', value: 'you', ts: 1.5, end_ts: 1.9 },
            { type: 'punct', value: '.' },
          ],
        },
      ],
    },
    ['1000-1900 0: Hi, you. (2)'],
  ],
  [
    'Gladia in a callback',
    {
      event: 'transcription.success',
      payload: {
        transcription: { utterances: [{ start: 1, end: 1.9, text: ' Hi.', speaker: null, channel: 0, words: [] }] },
      },
    },
    ['1000-1900 ?: Hi.'],
  ],
  [
    'Gladia’s older version',
    {
      prediction: [
        { time_begin: 1, time_end: 1.9, transcription: 'Hi.', speaker: 'not_activated', channel: 'channel_0' },
      ],
    },
    ['1000-1900 ?: Hi.'],
  ],
  [
    'Speechmatics',
    {
      format: '2.9',
      job: {},
      results: [
        { type: 'word', start_time: 1, end_time: 1.4, alternatives: [{ content: 'Hi', speaker: 'S1' }] },
        {
          type: 'punctuation',
          start_time: 1.4,
          end_time: 1.4,
          attaches_to: 'previous',
          alternatives: [{ content: '.', speaker: 'S1' }],
        },
        { type: 'word', start_time: 1.6, end_time: 1.9, alternatives: [{ content: 'Bye', speaker: 'UU' }] },
      ],
    },
    ['1000-1400 S1: Hi. (1)', '1600-1900 ?: Bye (1)'],
  ],
  [
    'Soniox, whose tokens are parts of words',
    {
      text: '…',
      tokens: [
        soniox('Good', 1000, 1400),
        soniox(' mor', 1500, 1700),
        soniox('ning', 1700, 1900),
        { text: 'Guten Morgen', translation_status: 'translation' },
        soniox(' Bye', 2000, 2400, '2'),
      ],
    },
    ['1000-1900 1: Good morning (2)', '2000-2400 2: Bye (1)'],
  ],
  [
    'Vosk, object after object',
    ['Good morning', 'Thank you']
      .map((text, index) => {
        const result = words(text, 1 + 2 * index, (word, start, end) => ({ conf: 1, word, start, end }));
        return JSON.stringify({ result, text }, null, 2);
      })
      .join('\n'),
    TWO,
  ],
  [
    'ElevenLabs',
    {
      language_code: 'en',
      text: '…',
      words: [
        { text: 'Good', start: 1, end: 1.4, type: 'word', speaker_id: 'speaker_0' },
        { text: ' ', start: 1.4, end: 1.5, type: 'spacing', speaker_id: 'speaker_0' },
        { text: '(laughs)', start: 1.4, end: 1.5, type: 'audio_event', speaker_id: 'speaker_0' },
        { text: 'morning.', start: 1.5, end: 1.9, type: 'word', speaker_id: 'speaker_0' },
      ],
    },
    ['1000-1900 speaker_0: Good morning. (2)'],
  ],
  [
    'Recall.ai',
    [
      {
        participant: { id: 1, name: 'Ann', is_host: true },
        words: words('Good morning', 1, (text, start, end) => ({
          text,
          start_timestamp: { relative: start, absolute: '2025-01-01T00:00:00Z' },
          end_timestamp: { relative: end },
        })),
      },
    ],
    ['1000-1900 Ann: Good morning (2)'],
  ],
  [
    'the lines of undertone analyze',
    [
      { type: 'session.started', sequence: 1 },
      { type: 'utterance.emotion', sequence: 2, utteranceId: 'u', revision: 0, startMs: 1000, endMs: 1900 },
      {
        type: 'utterance.emotion',
        sequence: 3,
        utteranceId: 'u',
        startMs: 1000,
        endMs: 1900,
        participant: { id: 'speaker-1', role: 'agent', displayName: 'Sam' },
        transcript: { text: 'Hi.' },
      },
    ]
      .map((line) => JSON.stringify(line))
      .join('\n'),
    ['1000-1900 Sam: Hi.'],
  ],
  [
    'the messages that a recogniser sent live',
    [
      { type: 'Results', start: 1, duration: 0.5, is_final: false, channel: { alternatives: [{ transcript: 'Go' }] } },
      { type: 'Results', start: 1, duration: 0.9, is_final: true, channel: { alternatives: [{ transcript: 'Good' }] } },
      { type: 'Metadata' },
    ]
      .map((line) => JSON.stringify(line))
      .join('\n'),
    ['1000-1900 ?: Good'],
  ],
];
