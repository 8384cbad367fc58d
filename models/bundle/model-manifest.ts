import {
  AUDIO_FEATURE_COUNT,
  FACE_GROUP_COUNT,
  FACE_GROUP_SIZE,
  FACE_GROUP_STRIDE,
  FACE_SIZE_PX,
  LEAST_MAX_TOKENS,
  MOST_MAX_TOKENS,
} from '../feature-tensors.ts';
import { EVIDENCE_SET_COUNT } from '../model-interfaces.ts';
import {
  checkGraphSignature,
  type Dimension,
  type GraphSignature,
  type TensorSpec,
} from '../runtime/graph-signature.ts';
import { type JsonFields, readFields } from './json-fields.ts';
import { type OperatingPoint, parseOperatingPoints } from './operating-point.ts';

/** Required order of a bundle's emotion probabilities: the protocol's. */
export const EMOTION_ORDER = ['anger', 'disgust', 'fear', 'joy', 'neutral', 'sadness', 'surprise'] as const;
/** Required order of a bundle's sentiment probabilities: the protocol's. */
export const SENTIMENT_ORDER = [-3, -2, -1, 0, 1, 2, 3] as const;

/** A file of the bundle, in its directory. */
export interface BundleFile {
  readonly file: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** The file itself is a graph that every execution provider runs. */
export interface BundleGraph extends BundleFile {
  readonly bytes: number;
  readonly signature: GraphSignature;
  /** Constants of the graphs in a separate file; null if the graphs contain all of them. */
  readonly weights: BundleFile | null;
  /** A graph with the same signature that is faster on CPUs; null if there is none. */
  readonly cpu: BundleFile | null;
}

export const BUNDLE_GRAPHS = ['text', 'video', 'fusion'] as const;
export type BundleGraphName = (typeof BUNDLE_GRAPHS)[number];

/** Most utterances of context that a text encoder may take. */
const MOST_CONTEXT_UTTERANCES = 8;

/** Contents of a bundle's `manifest.json`, format 1. Every shape equals what this version computes. */
export interface ModelManifest {
  readonly id: string;
  readonly version: string;
  readonly license: string;
  readonly sources: readonly { readonly name: string; readonly license: string }[];
  /** ISO 639 codes of the languages that the text encoder reads; an empty list means any. Default `["en"]`. */
  readonly languages: readonly string[];
  readonly text: {
    readonly encoder: string;
    readonly embeddingSize: number;
    /** Most tokens of a text, context included, 50…128. */
    readonly maxTokens: number;
    /** Number of earlier utterances that are given with a text as context, 0…8. Default 0. */
    readonly contextUtterances: number;
    readonly tokenizer: BundleFile;
    readonly tokenizerConfig: BundleFile;
  };
  readonly video: { readonly embeddingSize: number };
  readonly graphs: Readonly<Record<BundleGraphName, BundleGraph>>;
  /** The first is the default. Empty if the bundle has no operating points. */
  readonly operatingPoints: readonly OperatingPoint[];
}

const FILE = 'manifest.json';

/**
 * Checks a parsed `manifest.json`.
 *
 * @throws ModelError `invalid-bundle`, in one line that names the field
 */
export function parseModelManifest(json: unknown): ModelManifest {
  const root = readFields(FILE, json);
  expectCount(root, 'formatVersion', 1);
  expectList(root, 'emotionLabels', EMOTION_ORDER);
  expectList(root, 'sentimentClasses', SENTIMENT_ORDER);

  const text = root.fields('text');
  expectCount(root.fields('audio'), 'featureCount', AUDIO_FEATURE_COUNT);
  const video = root.fields('video');
  expectCount(video, 'faceSizePx', FACE_SIZE_PX);
  expectCount(video, 'groupCount', FACE_GROUP_COUNT);
  expectCount(video, 'groupSize', FACE_GROUP_SIZE);
  expectCount(video, 'groupStride', FACE_GROUP_STRIDE);

  const textSize = text.count('embeddingSize');
  const videoSize = video.count('embeddingSize');
  const needed = neededSignatures(textSize, videoSize);
  const graphs = root.fields('graphs');
  const graph = (name: BundleGraphName) => {
    const parsed = parseGraph(graphs.fields(name));
    checkGraphSignature(`${FILE}: graphs.${name}`, needed[name], parsed.signature);
    return parsed;
  };
  const parsedGraphs = { text: graph('text'), video: graph('video'), fusion: graph('fusion') };
  const contextUtterances = text.names().includes('contextUtterances')
    ? countBetween(text, 'contextUtterances', 0, MOST_CONTEXT_UTTERANCES)
    : 0;
  if (contextUtterances > 0 && !takes(parsedGraphs.text, 'token_type_ids')) {
    text.refuse('contextUtterances', '0 where the graph has no input "token_type_ids"');
  }
  if (takes(parsedGraphs.fusion, 'audio_baseline') !== takes(parsedGraphs.fusion, 'baseline_utterances')) {
    graphs
      .fields('fusion')
      .refuse('inputs', 'an object with both or none of "audio_baseline" and "baseline_utterances"');
  }
  return {
    id: root.text('id'),
    version: root.text('version'),
    license: root.text('license'),
    sources: root.items('sources').map((source) => ({ name: source.text('name'), license: source.text('license') })),
    languages: root.names().includes('languages') ? parseLanguages(root) : ['en'],
    text: {
      encoder: text.text('encoder'),
      embeddingSize: textSize,
      maxTokens: countBetween(text, 'maxTokens', LEAST_MAX_TOKENS, MOST_MAX_TOKENS),
      contextUtterances,
      tokenizer: parseFile(text.fields('tokenizer')),
      tokenizerConfig: parseFile(text.fields('tokenizerConfig')),
    },
    video: { embeddingSize: videoSize },
    graphs: parsedGraphs,
    operatingPoints: parseOperatingPoints(root),
  };
}

/** Whether a graph has this optional input. */
export function takes({ signature }: BundleGraph, input: string): boolean {
  return input in signature.inputs;
}

/** The graphs' inputs and outputs as {@link openEmotionModel} uses them. */
function neededSignatures(textSize: number, videoSize: number): Record<BundleGraphName, GraphSignature> {
  const float = (...shape: Dimension[]): TensorSpec => ({ dtype: 'float32', shape });
  const tokens: TensorSpec = { dtype: 'int64', shape: ['batch', 'tokens'] };
  const faces = ['batch', 'groups', FACE_GROUP_SIZE, FACE_SIZE_PX, FACE_SIZE_PX];
  return {
    text: {
      inputs: { input_ids: tokens, attention_mask: tokens },
      optionalInputs: { token_type_ids: tokens },
      outputs: { text_embedding: float('batch', textSize) },
      optionalOutputs: { token_weights: float('batch', 'tokens') },
    },
    video: {
      inputs: { faces: { dtype: 'uint8', shape: faces } },
      outputs: { video_embedding: float('batch', videoSize) },
      optionalOutputs: { mouth_covered: float('batch') },
    },
    fusion: {
      inputs: {
        text_embedding: float('batch', textSize),
        audio_features: float('batch', AUDIO_FEATURE_COUNT),
        video_embedding: float('batch', videoSize),
        present: float('batch', 3),
      },
      optionalInputs: { audio_baseline: float('batch', AUDIO_FEATURE_COUNT), baseline_utterances: float('batch') },
      outputs: {
        emotion: float('batch', EMOTION_ORDER.length),
        sentiment: float('batch', SENTIMENT_ORDER.length),
        contributions: float('batch', 3),
      },
      optionalOutputs: { set_contributions: float('batch', EVIDENCE_SET_COUNT), dissatisfaction: float('batch') },
    },
  };
}

function parseLanguages(root: JsonFields): string[] {
  return root.list('languages').map((language) => {
    const fits = typeof language === 'string' && /^[a-z]{2,3}$/.test(language);
    return fits ? language : root.refuse('languages', 'a list of ISO 639 codes in lower case');
  });
}

function parseGraph(graph: JsonFields): BundleGraph {
  return {
    ...parseFile(graph),
    bytes: graph.count('bytes'),
    weights: graph.names().includes('weights') ? parseFile(graph.fields('weights')) : null,
    cpu: graph.names().includes('cpu') ? parseFile(graph.fields('cpu')) : null,
    signature: { inputs: parseSpecs(graph.fields('inputs')), outputs: parseSpecs(graph.fields('outputs')) },
  };
}

function parseFile(file: JsonFields): BundleFile {
  const name = file.text('file');
  if (!/^[\w-][\w.-]*$/.test(name)) file.refuse('file', 'a file name without folders');
  const sha256 = file.text('sha256').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(sha256)) file.refuse('sha256', '64 hexadecimal digits');
  return { file: name, sha256 };
}

function parseSpecs(specs: JsonFields): Record<string, TensorSpec> {
  return Object.fromEntries(
    specs.names().map((name) => {
      const spec = specs.fields(name);
      const dtype = spec.text('dtype');
      if (dtype !== 'float32' && dtype !== 'int64' && dtype !== 'uint8') {
        return spec.refuse('dtype', 'float32, int64 or uint8');
      }
      const shape = spec.list('shape').map((dimension) => {
        const fits = typeof dimension === 'string' || Number.isSafeInteger(dimension);
        return fits ? (dimension as Dimension) : spec.refuse('shape', 'a list of integers and names');
      });
      return [name, { dtype, shape } satisfies TensorSpec];
    }),
  );
}

function countBetween(fields: JsonFields, name: string, least: number, most: number): number {
  const count = fields.count(name);
  return count >= least && count <= most ? count : fields.refuse(name, `an integer from ${least} to ${most}`);
}

function expectCount(fields: JsonFields, name: string, expected: number): void {
  if (fields.count(name) !== expected) fields.refuse(name, String(expected));
}

function expectList(fields: JsonFields, name: string, expected: readonly (string | number)[]): void {
  const found = fields.list(name);
  if (found.length !== expected.length || expected.some((value, index) => found[index] !== value)) {
    fields.refuse(name, JSON.stringify(expected));
  }
}
