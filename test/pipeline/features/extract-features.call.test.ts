import { firstValueFrom, from, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { FeatureNeeds } from '../../../models/index.ts';
import { BASELINE_BYTES } from '../../../pipeline/features/audio/speaker-baseline.ts';
import { extractFeatures } from '../../../pipeline/features/extract-features.ts';
import { createTextTokenizer } from '../../../pipeline/features/text/tokenize-text.ts';
import type { UtteranceFeatures } from '../../../pipeline/features/utterance-features.ts';
import type { UtteranceSignal } from '../../../pipeline/window/utterance.ts';
import { featureNeeds } from '../../support/pipeline/feature-needs.ts';
import { languageModel } from '../../support/pipeline/language-model.ts';
import { scriptedVoiceEncoder } from '../../support/pipeline/scripted-voice-encoder.ts';
import { DANA } from '../../support/pipeline/utterances.ts';
import { tone } from '../../support/recordings.ts';

const SAM = { ...DANA, id: 'sam' };
const NEEDS = featureNeeds({ maxTokens: 128, contextUtterances: 2, takesBaseline: true });
const tokenize = createTextTokenizer(NEEDS.tokenizer, 128);
const idsOf = (text: string) => [...tokenize(text)!.tokens.ids];
/** As a text stands in a context. */
const contextOf = (text: string) => idsOf(text).slice(1);

const tracks = { text: true, audio: true, video: false };
const words = (text: string, startMs: number) => ({
  kind: 'transcript' as const,
  trackId: 't',
  segmentId: `${startMs}`,
  startMs,
  endMs: startMs + 500,
  text,
  final: true,
});
const spoken = (startMs: number, participant = DANA) => ({
  id: `${participant.id}-${startMs}`,
  participant,
  startMs,
  endMs: startMs + 900,
  endedBy: 'silence' as const,
});

interface Turn {
  readonly startMs: number;
  readonly participant?: typeof DANA;
  /** Pitch of the voice, Hz; none without one. */
  readonly pitchHz?: number;
  readonly text?: string;
}

/** What the window stage tells of an utterance of 900 ms. */
function say({ startMs, participant = DANA, pitchHz, text }: Turn): UtteranceSignal[] {
  const utterance = spoken(startMs, participant);
  const utteranceId = utterance.id;
  const samples = pitchHz === undefined ? null : tone(0.9, pitchHz, 16_000);
  return [
    { kind: 'opened', utteranceId, participant, startMs },
    ...(samples === null
      ? []
      : [
          {
            kind: 'media' as const,
            utteranceId,
            frame: { kind: 'audio' as const, trackId: 'a', startMs, sampleRateHz: 16_000, samples },
          },
        ]),
    {
      kind: 'closed',
      utterance,
      tracks,
      transcript: text === undefined ? [] : [words(text, startMs)],
      decidedAtMs: 0,
    },
  ];
}

const revise = (startMs: number, text: string, participant = DANA): UtteranceSignal => ({
  kind: 'transcribed',
  utterance: spoken(startMs, participant),
  tracks,
  transcript: [words(text, startMs)],
  arrivedAtMs: 0,
});

async function extract(
  signals: readonly UtteranceSignal[],
  needs: FeatureNeeds = NEEDS,
  hold: (kind: string, bytes: number) => void = () => {},
): Promise<UtteranceFeatures[]> {
  const unused = () => Promise.reject(new Error('no picture was sent'));
  const operator = extractFeatures({
    voice: scriptedVoiceEncoder(),
    faces: { detect: unused, landmarks: unused },
    language: languageModel,
    needs,
    decodeImage: unused,
    memory: { hold, onTrim: () => () => {} },
  });
  const all = await firstValueFrom(from(signals).pipe(operator, toArray()));
  return all.filter((signal) => signal.kind === 'features');
}

describe('the baseline of a voice', () => {
  const turns = [120, 240, 360].map((pitchHz, turn) => ({ startMs: turn * 1000, pitchHz }));

  it('is the mean of what the same participant said before', async () => {
    const [first, second, third] = await extract(turns.flatMap(say));
    expect(first!.tensors.baseline).toBeNull();
    expect(second!.tensors.baseline).toEqual({ mean: first!.tensors.audio, utterances: 1 });
    const { mean, utterances } = third!.tensors.baseline!;
    expect(utterances).toBe(2);
    for (const [feature, value] of mean.entries()) {
      const expected = (first!.tensors.audio![feature]! + second!.tensors.audio![feature]!) / 2;
      expect(Math.abs(value - expected)).toBeLessThan(1e-3 * (1 + Math.abs(expected)));
    }
    expect([first, second, third].map((features) => features!.conditions.audio.baselineUtterances)).toEqual([
      undefined,
      1,
      2,
    ]);
  });

  it('is the same for every revision of an utterance, whatever was said since', async () => {
    const all = await extract([...turns.flatMap(say), revise(1000, 'I am still waiting'), revise(0, 'hello there')]);
    const [first, second, , secondAgain, firstAgain] = all;
    expect(secondAgain).toMatchObject({ revision: 1, conditions: { audio: { baselineUtterances: 1 } } });
    expect(secondAgain!.tensors.baseline).toBe(second!.tensors.baseline);
    expect(firstAgain!.tensors.baseline).toBeNull();
    expect(first!.tensors.baseline).toBeNull();
  });

  it('leaves out utterances without a voice, and is left out of them', async () => {
    const [, mute, heard] = await extract(
      [
        { startMs: 0, pitchHz: 120 },
        { startMs: 1000, text: 'fine' },
        { startMs: 2000, pitchHz: 240 },
      ].flatMap(say),
    );
    expect(mute!.tensors).toMatchObject({ audio: null, baseline: null });
    expect(mute!.conditions.audio).toEqual({ state: 'absent', quality: null });
    expect(heard!.tensors.baseline!.utterances).toBe(1);
  });

  it('is nobody else’s', async () => {
    const all = await extract(
      [
        { startMs: 0, pitchHz: 120 },
        { startMs: 500, pitchHz: 300, participant: SAM },
        { startMs: 1000, pitchHz: 120 },
      ].flatMap(say),
    );
    expect(all.map(({ tensors }) => tensors.baseline?.utterances ?? 0)).toEqual([0, 0, 1]);
    expect(all[2]!.tensors.baseline!.mean).toEqual(all[0]!.tensors.audio);
  });

  it('is not kept for a model that takes none', async () => {
    const all = await extract(turns.flatMap(say), featureNeeds());
    expect(all.map(({ tensors }) => tensors.baseline)).toEqual([null, null, null]);
    expect(all[2]!.conditions.audio).not.toHaveProperty('baselineUtterances');
  });

  it('is counted as memory: a mean per participant, and that of each utterance that may be revised', async () => {
    const heldBy = async (needs: FeatureNeeds) => {
      let bytes = 0;
      await extract(turns.flatMap(say), needs, (_, more) => {
        bytes += more;
      });
      return bytes;
    };
    expect((await heldBy(NEEDS)) - (await heldBy(featureNeeds()))).toBe(3 * BASELINE_BYTES);
  });
});

describe('the context of words', () => {
  const ASKED = 'Did the router come back on?';
  const SAID = 'No it did not.';
  const REPLY = 'Great, just great.';
  const call = [
    { startMs: 0, text: ASKED, participant: SAM },
    { startMs: 1000, text: SAID },
    { startMs: 2000, text: REPLY },
  ];

  it('is the two utterances before, of both speakers, behind the utterance', async () => {
    const [asked, said, reply] = await extract(call.flatMap(say));
    expect(asked!.tensors.text).toEqual(tokenize(ASKED)!.tokens);
    expect([...said!.tensors.text!.ids]).toEqual([...idsOf(SAID), ...contextOf(ASKED)]);
    expect(reply!.tensors.text!.ownCount).toBe(idsOf(REPLY).length);
    expect([...reply!.tensors.text!.ids]).toEqual([...idsOf(REPLY), ...contextOf(ASKED), ...contextOf(SAID)]);
  });

  it('is no part of the words that the answer is explained by', async () => {
    const reply = (await extract(call.flatMap(say))).at(-1)!;
    expect(reply).toMatchObject({ text: REPLY, words: tokenize(REPLY)!.words });
    for (const { firstToken, tokenCount } of reply.words) {
      expect(firstToken + tokenCount).toBeLessThan(reply.tensors.text!.ownCount!);
    }
  });

  it('leaves out what was said in a language that is not read', async () => {
    const german = 'Ich warte seit einer halben Stunde und niemand hilft mir.';
    const turns = [call[0]!, { startMs: 1000, text: german }, { startMs: 2000, text: 'Hello, can you hear me now?' }];
    const all = await extract(turns.flatMap(say));
    expect(all[1]!.conditions.text.reason).toBe('unsupported-language');
    expect([...all[2]!.tensors.text!.ids]).toEqual([...idsOf('Hello, can you hear me now?'), ...contextOf(ASKED)]);
  });

  it('stays the same utterances in a revision, with the words that are known by then', async () => {
    const late = 'Yes, one moment, please.';
    const all = await extract([
      ...say(call[0]!),
      ...say({ startMs: 1000 }),
      ...say(call[2]!),
      revise(1000, SAID),
      revise(0, late, SAM),
      revise(2000, 'Great, just great, another outage.'),
    ]);
    expect([...all[2]!.tensors.text!.ids]).toEqual([...idsOf(REPLY), ...contextOf(ASKED)]);
    expect([...all.at(-1)!.tensors.text!.ids]).toEqual([
      ...idsOf('Great, just great, another outage.'),
      ...contextOf(late),
    ]);
  });

  it('is decided when words come late', async () => {
    const all = await extract([...say(call[0]!), ...say(call[1]!), ...say({ startMs: 2000 }), revise(2000, REPLY)]);
    expect(all[2]!.tensors.text).toBeNull();
    expect([...all[3]!.tensors.text!.ids]).toEqual([...idsOf(REPLY), ...contextOf(ASKED), ...contextOf(SAID)]);
  });

  it('makes way for a long utterance, which keeps its end', async () => {
    const long = `${'and then they told me to wait again '.repeat(20)}and I am absolutely furious`;
    const all = await extract([...call.slice(0, 2), { startMs: 2000, text: long }].flatMap(say));
    expect(all[2]!.tensors.text).toEqual(tokenize(long)!.tokens);
    expect(all[2]!.tensors.text!.ids).toHaveLength(128);
    expect([...all[2]!.tensors.text!.ids].slice(-6)).toEqual(contextOf('and I am absolutely furious'));
  });

  it('is not given to a model that takes none', async () => {
    const all = await extract(call.flatMap(say), featureNeeds());
    expect(all.map(({ tensors }) => [...tensors.text!.ids])).toEqual([ASKED, SAID, REPLY].map(idsOf));
  });
});
