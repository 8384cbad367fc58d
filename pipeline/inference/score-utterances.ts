import { firstValueFrom, from, map, type OperatorFunction, race, timer } from 'rxjs';
import type { EmotionModel, EncodedFaces, FaceGroups } from '../../models/index.ts';
import type { FeatureSignal, ModalityCondition, UtteranceFeatures } from '../features/utterance-features.ts';
import { guardWords } from '../features/words-error.ts';
import type { Clock } from '../media/clock.ts';
import { orderedMap } from '../support/ordered-map.ts';
import type {
  FailureStage,
  ScoreFailureCode,
  ScoreSignal,
  UtteranceNotScored,
  UtteranceScored,
} from './utterance-scores.ts';

/** How long the model may take before the utterance counts as failed. */
const MODEL_TIMEOUT_MS = 10_000;
/** From this probability on the mouth counts as covered. */
const MOUTH_COVERED_FROM = 0.5;

const FAILURES: Readonly<Record<ScoreFailureCode, readonly [stage: FailureStage, message: string]>> = {
  'features-failed': ['features', 'The features of this utterance could not be computed.'],
  'no-signal': ['features', 'No usable voice, face or words in this utterance.'],
  'unsupported-language': [
    'features',
    'The words are in a language that the model does not read, and there is no usable voice or face.',
  ],
  'model-overloaded': [
    'inference',
    'The model had more utterances waiting than its queue holds; add cores or lower the number of calls.',
  ],
  'model-timeout': ['inference', 'The model did not answer in time.'],
  'model-failed': ['inference', 'The model could not score this utterance.'],
};

type Scored = Omit<UtteranceScored, 'kind'>;

export interface ScoreUtterancesOptions {
  readonly model: EmotionModel;
  readonly clock: Clock;
  /** Called with 1 when the scoring of an utterance begins, and with −1 when it ends. */
  readonly onUnscored?: (change: number) => void;
}

/**
 * Scores utterances: encodes words and faces, fuses them with the voice. A revision reuses the faces' encoding.
 * Utterances are scored side by side (the model batches them) and emitted in order; a failure becomes a value.
 */
export function scoreUtterances({
  model,
  clock,
  onUnscored = () => {},
}: ScoreUtterancesOptions): OperatorFunction<FeatureSignal, ScoreSignal> {
  const encodedFaces = new WeakMap<FaceGroups, Promise<EncodedFaces>>();

  const encodeFaces = (faces: FaceGroups): Promise<EncodedFaces> => {
    let encoded = encodedFaces.get(faces);
    if (encoded === undefined) {
      encoded = model.embedFaces(faces);
      encodedFaces.set(faces, encoded);
      encoded.catch(() => encodedFaces.delete(faces));
    }
    return encoded;
  };

  const fuse = async ({ tensors, ...features }: UtteranceFeatures): Promise<Scored> => {
    const [text, faces] = await Promise.all([
      tensors.text === null ? null : model.embedText(tensors.text),
      tensors.video === null ? null : encodeFaces(tensors.video),
    ]);
    const { audio, baseline } = tensors;
    const scores = await model.fuse({
      text: text?.embedding ?? null,
      audio,
      video: faces?.embedding ?? null,
      baseline,
    });
    const conditions = { ...features.conditions, video: judgeFaces(features.conditions.video, faces) };
    return { features: { ...features, conditions }, scores, tokenWeights: text?.tokenWeights ?? null };
  };

  const withTimeout = (scored: Promise<Scored>): Promise<Scored> =>
    firstValueFrom(
      race(
        from(scored),
        timer(MODEL_TIMEOUT_MS, clock.scheduler).pipe(
          map(() => {
            throw new ModelTimeout();
          }),
        ),
      ),
    );

  const score = async (features: UtteranceFeatures): Promise<ScoreSignal> => {
    const { tensors } = features;
    if (tensors.text === null && tensors.audio === null && tensors.video === null) {
      const isForeign = features.conditions.text.reason === 'unsupported-language';
      return notScored(features, isForeign ? 'unsupported-language' : 'no-signal');
    }
    onUnscored(1);
    try {
      return { kind: 'scored', ...(await withTimeout(fuse(features))) };
    } catch (error) {
      return { ...notScored(features, failureCode(error)), cause: guardWords(error, features.text) };
    } finally {
      onUnscored(-1);
    }
  };

  return orderedMap((signal): ScoreSignal | Promise<ScoreSignal> => {
    if (signal.kind === 'opened') return signal;
    if (signal.kind === 'features') return score(signal);
    return { ...notScored(signal, 'features-failed'), cause: signal.cause };
  });
}

/** Faces with a covered mouth still count, but they show less. */
function judgeFaces(condition: ModalityCondition, faces: EncodedFaces | null): ModalityCondition {
  if ((faces?.mouthCovered ?? 0) < MOUTH_COVERED_FROM) return condition;
  return { ...condition, state: 'noisy', reason: 'mouth-covered' };
}

function notScored(
  {
    utterance,
    revision,
    text = null,
  }: Pick<UtteranceFeatures, 'utterance' | 'revision'> & { readonly text?: string | null },
  code: ScoreFailureCode,
): UtteranceNotScored {
  const [stage, message] = FAILURES[code];
  return { kind: 'not-scored', utterance, revision, text, code, stage, message };
}

function failureCode(error: unknown): ScoreFailureCode {
  if (error instanceof ModelTimeout) return 'model-timeout';
  return (error as { code?: unknown } | null)?.code === 'overloaded' ? 'model-overloaded' : 'model-failed';
}

class ModelTimeout extends Error {
  override readonly name = 'ModelTimeout';

  constructor() {
    super(`The model gave no answer within ${MODEL_TIMEOUT_MS} ms.`);
  }
}
