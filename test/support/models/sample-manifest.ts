const SHA256 = 'a'.repeat(64);

function file(name: string) {
  return { file: name, sha256: SHA256 };
}

function tensor(dtype: string, ...shape: (string | number)[]) {
  return { dtype, shape };
}

/** A valid manifest. Each call returns a new one that the test may change. */
export function sampleManifest() {
  return {
    formatVersion: 1,
    id: 'sample',
    version: '1.2.3',
    license: 'Apache-2.0',
    sources: [{ name: 'tests', license: 'Apache-2.0' }],
    emotionLabels: ['anger', 'disgust', 'fear', 'joy', 'neutral', 'sadness', 'surprise'],
    sentimentClasses: [-3, -2, -1, 0, 1, 2, 3],
    text: {
      encoder: 'tiny',
      maxTokens: 50,
      embeddingSize: 8,
      tokenizer: file('tokenizer.json'),
      tokenizerConfig: file('tokenizer_config.json'),
    },
    audio: { featureCount: 896 },
    video: { faceSizePx: 64, groupCount: 5, groupSize: 10, groupStride: 5, embeddingSize: 4 },
    graphs: {
      text: {
        ...file('text.onnx'),
        bytes: 4,
        weights: file('text.weights'),
        cpu: file('text-cpu.onnx'),
        inputs: { input_ids: tensor('int64', 'b', 't'), attention_mask: tensor('int64', 'b', 't') },
        outputs: { text_embedding: tensor('float32', 'b', 8) },
      },
      video: {
        ...file('video.onnx'),
        bytes: 4,
        inputs: { faces: tensor('uint8', 'b', 'groups', 10, 64, 64) },
        outputs: { video_embedding: tensor('float32', 'b', 4) },
      },
      fusion: {
        ...file('fusion.onnx'),
        bytes: 4,
        inputs: {
          text_embedding: tensor('float32', 'b', 8),
          audio_features: tensor('float32', 'b', 896),
          video_embedding: tensor('float32', 'b', 4),
          present: tensor('float32', 'b', 3),
        },
        outputs: {
          emotion: tensor('float32', 'b', 7),
          sentiment: tensor('float32', 'b', 7),
          contributions: tensor('float32', 'b', 3),
        },
      },
    },
  };
}

export type SampleManifest = ReturnType<typeof sampleManifest>;

/** {@link sampleManifest} with all optional parts. Each call returns a new one that the test may change. */
export function fullManifest() {
  const manifest = sampleManifest();
  const { text, video, fusion } = manifest.graphs;
  return {
    ...manifest,
    text: { ...manifest.text, maxTokens: 128, contextUtterances: 2 },
    graphs: {
      ...manifest.graphs,
      text: {
        ...text,
        inputs: { ...text.inputs, token_type_ids: tensor('int64', 'b', 't') },
        outputs: { ...text.outputs, token_weights: tensor('float32', 'b', 't') },
      },
      video: { ...video, outputs: { ...video.outputs, mouth_covered: tensor('float32', 'b') } },
      fusion: {
        ...fusion,
        inputs: {
          ...fusion.inputs,
          audio_baseline: tensor('float32', 'b', 896),
          baseline_utterances: tensor('float32', 'b'),
        },
        outputs: {
          ...fusion.outputs,
          set_contributions: tensor('float32', 'b', 10),
          dissatisfaction: tensor('float32', 'b'),
        },
      },
    },
    operatingPoints: [
      { name: 'balanced', emotionOffsets: [0, 0, 0, 0, 0, 0, 0], certainFrom: 0.55, dissatisfactionFrom: 0.42 },
      {
        name: 'most-right',
        emotionOffsets: [-0.3, -0.5, -0.5, 0, 0.4, -0.2, 0],
        certainFrom: 0.6,
        dissatisfactionFrom: 0.7,
      },
    ],
  };
}

export type FullManifest = ReturnType<typeof fullManifest>;
