import { firstValueFrom, from, Subject, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { FaceModels, LanguageModel } from '../../../models/index.ts';
import { createVoiceStream } from '../../../pipeline/features/audio/voice-stream.ts';
import {
  type ExtractFeaturesOptions,
  extractFeatures,
  type FeatureDrop,
} from '../../../pipeline/features/extract-features.ts';
import type { FeatureSignal, UtteranceFeatures } from '../../../pipeline/features/utterance-features.ts';
import { WordsError } from '../../../pipeline/features/words-error.ts';
import type { TranscriptSegment } from '../../../pipeline/media/media-frame.ts';
import type { UtteranceSignal } from '../../../pipeline/window/utterance.ts';
import { featureNeeds } from '../../support/pipeline/feature-needs.ts';
import { languageModel } from '../../support/pipeline/language-model.ts';
import { scriptedVoiceEncoder } from '../../support/pipeline/scripted-voice-encoder.ts';
import { DANA, utterance } from '../../support/pipeline/utterances.ts';
import { tone } from '../../support/recordings.ts';

const noFaces: FaceModels = {
  detect: () => Promise.reject(new Error('no picture was sent')),
  landmarks: () => Promise.reject(new Error('no picture was sent')),
};
const operator = extractFeatures({
  voice: scriptedVoiceEncoder(),
  faces: noFaces,
  language: languageModel,
  needs: featureNeeds(),
  decodeImage: () => Promise.reject(new Error('unreadable')),
});
const extract = (signals: readonly UtteranceSignal[]): Promise<FeatureSignal[]> =>
  firstValueFrom(from(signals).pipe(operator, toArray()));

const voice = tone(3, 220, 16_000);
const opened: UtteranceSignal = { kind: 'opened', utteranceId: 'dana-1000', participant: DANA, startMs: 1000 };
const media = (samples: Float32Array, startMs = 1000): UtteranceSignal => ({
  kind: 'media',
  utteranceId: 'dana-1000',
  frame: { kind: 'audio', trackId: 'a', startMs, sampleRateHz: 16_000, samples },
});
const tracks = { text: true, audio: true, video: false };
const words = (text: string, startMs = 1200): TranscriptSegment => ({
  kind: 'transcript',
  trackId: 't',
  segmentId: text,
  startMs,
  endMs: startMs + 500,
  text,
  final: true,
});
const closed = (changes: Partial<Extract<UtteranceSignal, { kind: 'closed' }>> = {}): UtteranceSignal => ({
  kind: 'closed',
  utterance: utterance(1000, 3000),
  tracks,
  transcript: [],
  decidedAtMs: 42,
  ...changes,
});

function featuresIn(signals: readonly FeatureSignal[]): UtteranceFeatures[] {
  return signals.filter((signal) => signal.kind === 'features');
}

const transcribed = (text: string): UtteranceSignal => ({
  kind: 'transcribed',
  utterance: utterance(1000, 3000),
  tracks,
  transcript: [words(text)],
  arrivedAtMs: 77,
});

describe('extractFeatures that fails', () => {
  const failing = (changes: Partial<ExtractFeaturesOptions>, signals: readonly UtteranceSignal[]) =>
    firstValueFrom(
      from(signals).pipe(
        extractFeatures({
          voice: scriptedVoiceEncoder(),
          faces: noFaces,
          language: languageModel,
          needs: featureNeeds(),
          decodeImage: () => Promise.reject(new Error('unreadable')),
          ...changes,
        }),
        toArray(),
      ),
    );
  const picture = (startMs: number): UtteranceSignal => ({
    kind: 'media',
    utteranceId: 'dana-1000',
    frame: { kind: 'video', trackId: 'v', startMs, image: { encoding: 'jpeg', bytes: new Uint8Array(4) } },
  });

  it('keeps the error of the voice encoder', async () => {
    const voiceEncoder = { encode: () => Promise.reject(new Error('no encoder')) };
    const [, failed] = await failing({ voice: voiceEncoder }, [opened, media(voice), closed()]);
    expect(failed).toMatchObject({ kind: 'features-failed', revision: 0, cause: { message: 'no encoder' } });
  });

  it('fails the utterance and not the session where its media breaks the measuring', async () => {
    const broken = new Proxy(voice, {
      get: (samples, key) => {
        if (key === 'length') return samples.length;
        throw new Error('no samples');
      },
    });
    const [, failed] = await failing({}, [opened, media(broken), media(voice), closed()]);
    expect(failed).toMatchObject({ kind: 'features-failed', cause: { message: 'no samples' } });
  });

  it('marks the error of the code that reads words, since it may quote them', async () => {
    const language: LanguageModel = {
      languages: languageModel.languages,
      weigh() {
        throw new Error('cannot read: my diagnosis');
      },
    };
    const transcript = [words('my diagnosis')];
    const [, failed] = await failing({ language }, [opened, media(voice), closed({ transcript })]);
    expect(failed).toMatchObject({ kind: 'features-failed', cause: expect.any(WordsError) });
  });

  it('tells of which utterance and track a picture was left out, and the error', async () => {
    const drops: FeatureDrop[] = [];
    await failing({ onDrop: (drop) => drops.push(drop) }, [opened, media(voice), picture(1200), closed()]);
    expect(drops).toEqual([
      {
        reason: 'picture-failed',
        count: 1,
        utteranceId: 'dana-1000',
        participantId: 'dana',
        trackId: 'v',
        mediaTimeMs: 1200,
        cause: new Error('unreadable'),
      },
    ]);
  });

  it('tells of seconds of a voice that were not encoded', async () => {
    const drops: FeatureDrop[] = [];
    const held = Promise.withResolvers<never>();
    const voiceEncoder = { encode: () => held.promise };
    const minute = Array.from({ length: 20 }, (_, i) => media(voice.subarray(0, 16_000), 1000 + 1000 * i));
    const all = failing({ voice: voiceEncoder, onDrop: (drop) => drops.push(drop) }, [
      opened,
      ...minute,
      closed({ utterance: utterance(1000, 21_000) }),
    ]);
    held.reject(new Error('too late'));
    await all;
    const overflow = { reason: 'voice-overflow', count: 1, utteranceId: 'dana-1000', participantId: 'dana' };
    expect(drops.length).toBeGreaterThanOrEqual(3);
    for (const drop of drops) expect(drop).toEqual(overflow);
  });

  it('tells of words that come for an utterance it does not know', async () => {
    const drops: FeatureDrop[] = [];
    expect(await failing({ onDrop: (drop) => drops.push(drop) }, [transcribed('late')])).toEqual([]);
    expect(drops).toMatchObject([{ reason: 'revision-expired', utteranceId: 'dana-1000', participantId: 'dana' }]);
  });
});

describe('extractFeatures', () => {
  it('measures the voice from the start of the utterance to its end, not the silence that told the end', async () => {
    const alone = createVoiceStream({ encoder: scriptedVoiceEncoder() });
    alone.push(voice.subarray(0, 32_000));
    const expected = (await alone.finish(32_000)).features;
    const [, features] = await extract([
      opened,
      media(voice.slice(0, 20_000)),
      media(voice.slice(20_000), 2250),
      closed(),
    ]);
    expect(features).toMatchObject({ kind: 'features', revision: 0, causedAtMs: 42, text: null });
    expect(featuresIn([features!])[0]!.tensors.audio).toEqual(expected);
  });

  it('passes openings on at once and media not at all', async () => {
    const signals = await extract([opened, media(voice)]);
    expect(signals).toEqual([opened]);
  });

  it('takes the words that are there in the order they were said', async () => {
    const [, features] = await extract([
      opened,
      media(voice),
      closed({ transcript: [words('Hello'), words(' there. ', 1800)] }),
    ]);
    expect(features).toMatchObject({ text: 'Hello there.', conditions: { text: { state: 'ok' } } });
    expect(featuresIn([features!])[0]!.tensors.text!.ids.length).toBe(5);
  });

  it('calls words late while a transcript track is open, absent when there is none', async () => {
    const stateOf = async (text: boolean) =>
      featuresIn(await extract([opened, media(voice), closed({ tracks: { ...tracks, text } })]))[0]!.conditions.text
        .state;
    expect(await stateOf(true)).toBe('late');
    expect(await stateOf(false)).toBe('absent');
  });

  it('raises the revision with each change of the words and keeps the voice as measured', async () => {
    const all = featuresIn(
      await extract([opened, media(voice), closed(), transcribed('Hello'), transcribed('Hello you')]),
    );
    expect(all.map((f) => [f.revision, f.text, f.causedAtMs])).toEqual([
      [0, null, 42],
      [1, 'Hello', 77],
      [2, 'Hello you', 77],
    ]);
    expect(all[2]!.tensors.audio).toBe(all[0]!.tensors.audio);
  });

  it('tells an utterance of words alone without a voice', async () => {
    const [, features] = await extract([opened, closed({ transcript: [words('Fine')] })]);
    expect(features).toMatchObject({
      tensors: { audio: null, video: null },
      conditions: { audio: { state: 'absent' }, video: { state: 'absent' }, text: { state: 'ok' } },
    });
  });

  it('leaves words of another language out of the features, and tells them all the same', async () => {
    const german = 'Ich warte seit einer halben Stunde und niemand hilft mir.';
    const [, features] = await extract([opened, media(voice), closed({ transcript: [words(german)] })]);
    expect(features).toMatchObject({
      tensors: { text: null, audio: expect.any(Float32Array) },
      conditions: { text: { state: 'absent', quality: null, reason: 'unsupported-language' }, audio: { state: 'ok' } },
      text: german,
      words: [],
    });
  });

  it('does so in a revision, and takes words back that are read after all', async () => {
    const spoken = ['我已经等了半个多小时了', 'I have been waiting for half an hour.'];
    const all = featuresIn(await extract([opened, media(voice), closed(), ...spoken.map(transcribed)]));
    expect(all.map(({ text, tensors, conditions }) => [text, tensors.text === null, conditions.text])).toEqual([
      [null, true, { state: 'late', quality: null }],
      [spoken[0], true, { state: 'absent', quality: null, reason: 'unsupported-language' }],
      [spoken[1], false, { state: 'ok', quality: null }],
    ]);
  });

  it('knows a participant by what it said before, and each of them alone', async () => {
    const say = (startMs: number, text: string, participant = DANA): UtteranceSignal => ({
      kind: 'closed',
      utterance: { ...utterance(startMs, startMs + 900), id: `${participant.id}-${startMs}`, participant },
      tracks,
      transcript: [words(text, startMs)],
      decidedAtMs: 0,
    });
    const sam = { ...DANA, id: 'sam' };
    const all = featuresIn(
      await extract([
        say(0, 'ich rufe wegen meiner rechnung an'),
        say(1000, 'das stimmt'),
        say(1000, 'das stimmt', sam),
        say(2000, 'okay'),
      ]),
    );
    expect(all.map(({ conditions }) => conditions.text.reason ?? conditions.text.state)).toEqual([
      'unsupported-language',
      'unsupported-language',
      'ok',
      'ok',
    ]);
  });

  it('counts pictures that nobody can read as no face, and says how far it has looked', async () => {
    const progress: number[] = [];
    const signals = new Subject<UtteranceSignal>();
    const results = firstValueFrom(
      signals.pipe(
        extractFeatures({
          voice: scriptedVoiceEncoder(),
          faces: noFaces,
          language: languageModel,
          needs: featureNeeds(),
          decodeImage: () => Promise.reject(new Error('unreadable')),
          onPicturesProgress: (pendingFromMs) => progress.push(pendingFromMs),
        }),
        toArray(),
      ),
    );
    signals.next(opened);
    signals.next(media(voice));
    for (const startMs of [1000, 2000]) {
      const image = { encoding: 'jpeg' as const, bytes: new Uint8Array(3) };
      signals.next({ kind: 'media', utteranceId: 'dana-1000', frame: { kind: 'video', trackId: 'v', startMs, image } });
    }
    signals.next(closed({ tracks: { ...tracks, video: true } }));
    signals.complete();
    expect(featuresIn(await results)[0]).toMatchObject({
      tensors: { video: null },
      conditions: { video: { state: 'absent' } },
    });
    expect(progress[0]).toBe(1000);
    expect(progress.at(-1)).toBe(Number.POSITIVE_INFINITY);
  });
});
