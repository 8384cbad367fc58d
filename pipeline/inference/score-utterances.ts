import { firstValueFrom, from, map, type OperatorFunction, race, timer } from 'rxjs';
import type { EmotionModel, FaceGroups, TextTokens } from '../../models/index.ts';
import type { FeatureSignal, UtteranceFeatures } from '../features/utterance-features.ts';
import type { Clock } from '../media/clock.ts';
import { orderedMap } from '../support/ordered-map.ts';
import type { ScoreSignal, UtteranceNotScored, UtteranceScored } from './utterance-scores.ts';

/** How long the model may take before the utterance counts as failed. */
const MODEL_TIMEOUT_MS = 10_000;

const FAILURES: Readonly<Record<string, string>> = {
  'features-failed': 'The features of this utterance could not be computed.',
  'no-signal': 'No usable voice, face or words in this utterance.',
  'unsupported-language':
    'The words are in a language that the model does not read, and there is no usable voice or face.',
  'model-overloaded':
    'The model had more utterances waiting than its queue holds; add cores or lower the number of calls.',
  'model-timeout': 'The model did not answer in time.',
  'model-failed': 'The model could not score this utterance.',
};

type Scored = Pick<UtteranceScored, 'scores' | 'tokenWeights'>;

export interface ScoreUtterancesOptions {
  readonly model: EmotionModel;
  readonly clock: Clock;
}

/**
 * Scores utterances: encodes words and faces, fuses them with the voice. A revision reuses the faces' encoding.
 * Utterances are scored side by side (the model batches them) and emitted in order; a failure becomes a value.
 */
export function scoreUtterances({
  model,
  clock,
}: ScoreUtterancesOptions): OperatorFunction<FeatureSignal, ScoreSignal> {
  const encodedFaces = new WeakMap<FaceGroups, Promise<Float32Array>>();

  const encodeFaces = (faces: FaceGroups): Promise<Float32Array> => {
    let encoded = encodedFaces.get(faces);
    if (encoded === undefined) {
      encoded = model.embedFaces(faces);
      encodedFaces.set(faces, encoded);
      encoded.catch(() => encodedFaces.delete(faces));
    }
    return encoded;
  };

  const fuse = async (text: TextTokens | null, features: UtteranceFeatures): Promise<Scored> => {
    const [encodedText, videoEmbedding] = await Promise.all([
      text === null ? null : model.embedText(text),
      features.tensors.video === null ? null : encodeFaces(features.tensors.video),
    ]);
    const { audio, baseline } = features.tensors;
    const scores = await model.fuse({ text: encodedText?.embedding ?? null, audio, video: videoEmbedding, baseline });
    return { scores, tokenWeights: encodedText?.tokenWeights ?? null };
  };

  const withTimeout = (scored: Promise<Scored>): Promise<Scored | null> =>
    firstValueFrom(race(from(scored), timer(MODEL_TIMEOUT_MS, clock.scheduler).pipe(map(() => null))));

  const score = async (features: UtteranceFeatures): Promise<ScoreSignal> => {
    const { tensors, ...rest } = features;
    if (tensors.text === null && tensors.audio === null && tensors.video === null) {
      return notScored(features, features.conditions.text.reason ?? 'no-signal');
    }
    try {
      const scored = await withTimeout(fuse(tensors.text, features));
      return scored === null ? notScored(features, 'model-timeout') : { kind: 'scored', features: rest, ...scored };
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      return notScored(features, code === 'overloaded' ? 'model-overloaded' : 'model-failed');
    }
  };

  return orderedMap((signal): ScoreSignal | Promise<ScoreSignal> => {
    if (signal.kind === 'opened') return signal;
    return signal.kind === 'features' ? score(signal) : notScored(signal, 'features-failed');
  });
}

function notScored(
  {
    utterance,
    revision,
    text = null,
  }: Pick<UtteranceFeatures, 'utterance' | 'revision'> & { readonly text?: string | null },
  code: string,
): UtteranceNotScored {
  return { kind: 'not-scored', utterance, revision, text, code, message: FAILURES[code]! };
}
