import type {
  EmotionModel,
  EmotionScores,
  FaceGroups,
  FeatureNeeds,
  FusionInputs,
  TextTokens,
} from '../../../models/index.ts';

export interface ScriptedEmotionModel extends EmotionModel {
  readonly fused: FusionInputs[];
  facesEncoded: number;
}

/**
 * An emotion model with answers chosen by the test. By default it is certain of joy, with equal contributions from the
 * modalities that are present.
 */
export function scriptedEmotionModel(
  answers: Partial<Pick<EmotionModel, 'embedText' | 'embedFaces' | 'fuse'>> = {},
  needs: Partial<FeatureNeeds> = {},
): ScriptedEmotionModel {
  const model: ScriptedEmotionModel = {
    id: 'scripted@1',
    tokenizer: { json: {}, config: {} },
    languages: ['en'],
    maxTokens: 50,
    contextUtterances: 0,
    takesBaseline: false,
    operatingPoint: null,
    ...needs,
    fused: [],
    facesEncoded: 0,
    embedText:
      answers.embedText ??
      (async (text: TextTokens) => ({ embedding: Float32Array.of(text.ids.length), tokenWeights: null })),
    embedFaces: async (faces: FaceGroups) => {
      model.facesEncoded++;
      return answers.embedFaces?.(faces) ?? { embedding: Float32Array.of(faces.faceCount), mouthCovered: null };
    },
    fuse: async (inputs) => {
      model.fused.push(inputs);
      return answers.fuse === undefined ? joyFrom(inputs) : answers.fuse(inputs);
    },
    close: async () => {},
  };
  return model;
}

function joyFrom({ text, audio, video }: FusionInputs): EmotionScores {
  const present = [text, audio, video].map((input) => (input === null ? 0 : 1));
  const count = present.reduce<number>((sum, one) => sum + one, 0);
  return {
    emotion: Float32Array.of(0, 0, 0, 1, 0, 0, 0),
    sentiment: Float32Array.of(0, 0, 0, 0, 0.25, 0.5, 0.25),
    contributions: Float32Array.from(present, (one) => one / count),
    setContributions: null,
    certain: null,
    dissatisfaction: null,
  };
}
