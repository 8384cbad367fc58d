import { describe, expect, it } from 'vitest';
import { EMOTION_LABELS, SENTIMENT_CLASSES } from '../../../client-sdk/protocol/index.ts';
import { EMOTION_ORDER, parseModelManifest, SENTIMENT_ORDER, takes } from '../../../models/bundle/model-manifest.ts';
import {
  type FullManifest,
  fullManifest,
  type SampleManifest,
  sampleManifest,
} from '../../support/models/sample-manifest.ts';

describe('the label orders of the models', () => {
  it('are those of the protocol', () => {
    expect(EMOTION_ORDER).toEqual(EMOTION_LABELS);
    expect(SENTIMENT_ORDER).toEqual(SENTIMENT_CLASSES);
  });
});

describe('parseModelManifest', () => {
  it('reads a manifest', () => {
    const manifest = parseModelManifest(sampleManifest());
    expect(manifest).toMatchObject({ id: 'sample', version: '1.2.3', license: 'Apache-2.0' });
    expect(manifest.text).toMatchObject({ encoder: 'tiny', embeddingSize: 8 });
    expect(manifest.graphs.video.signature.inputs.faces).toEqual({
      dtype: 'uint8',
      shape: ['b', 'groups', 10, 64, 64],
    });
  });

  it('ignores fields of later minor versions', () => {
    expect(parseModelManifest({ ...sampleManifest(), trainedAt: '2026-11-23' }).id).toBe('sample');
  });

  it('names the languages that the text encoder reads: English where it names none', () => {
    expect(parseModelManifest(sampleManifest()).languages).toEqual(['en']);
    expect(parseModelManifest({ ...sampleManifest(), languages: ['de', 'fr'] }).languages).toEqual(['de', 'fr']);
    expect(parseModelManifest({ ...sampleManifest(), languages: [] }).languages).toEqual([]);
  });

  const cases: [string, (manifest: SampleManifest) => unknown, string][] = [
    ['another format', (m) => Object.assign(m, { formatVersion: 2 }), 'manifest.json: formatVersion must be 1, is 2.'],
    ['labels in another order', (m) => m.emotionLabels.reverse(), 'manifest.json: emotionLabels must be ["anger",'],
    ['a missing label', (m) => m.emotionLabels.pop(), 'manifest.json: emotionLabels must be'],
    ['other sentiment classes', (m) => m.sentimentClasses.sort(), 'manifest.json: sentimentClasses must be [-3,-2,'],
    [
      'a shorter text than the paper has',
      (m) => Object.assign(m.text, { maxTokens: 49 }),
      'manifest.json: text.maxTokens must be an integer from 50 to 128, is 49.',
    ],
    [
      'a longer text than this version reads',
      (m) => Object.assign(m.text, { maxTokens: 129 }),
      'manifest.json: text.maxTokens must be an integer from 50 to 128, is 129.',
    ],
    [
      'context for a graph that takes none',
      (m) => Object.assign(m.text, { contextUtterances: 2 }),
      'manifest.json: text.contextUtterances must be 0 where the graph has no input "token_type_ids", is 2.',
    ],
    [
      'half of a baseline',
      (m) => Object.assign(m.graphs.fusion.inputs, { baseline_utterances: { dtype: 'float32', shape: ['b'] } }),
      'manifest.json: graphs.fusion.inputs must be an object with both or none of "audio_baseline" and "baseline_utterances"',
    ],
    [
      'an input that nobody knows',
      (m) => Object.assign(m.graphs.fusion.inputs, { mood: { dtype: 'float32', shape: ['b'] } }),
      'manifest.json: graphs.fusion: unexpected input "mood".',
    ],
    [
      'other faces',
      (m) => Object.assign(m.video, { faceSizePx: 96 }),
      'manifest.json: video.faceSizePx must be 64, is 96.',
    ],
    [
      'other audio features',
      (m) => Object.assign(m.audio, { featureCount: 40 }),
      'manifest.json: audio.featureCount must be 896',
    ],
    ['no id', (m) => Object.assign(m, { id: '' }), 'manifest.json: id must be a text, is "".'],
    [
      'a language by its name',
      (m) => Object.assign(m, { languages: ['English'] }),
      'manifest.json: languages must be a list of ISO 639 codes in lower case, is ["English"].',
    ],
    ['no part', (m) => Reflect.deleteProperty(m, 'video'), 'manifest.json: video must be an object.'],
    [
      'a source without a licence',
      (m) => Reflect.deleteProperty(m.sources[0]!, 'license'),
      'manifest.json: sources[0].license must be a text, is missing.',
    ],
    [
      'a file outside its directory',
      (m) => Object.assign(m.graphs.text, { file: '../text.onnx' }),
      'manifest.json: graphs.text.file must be a file name without folders, is "../text.onnx".',
    ],
    [
      'a short checksum',
      (m) => Object.assign(m.text.tokenizer, { sha256: 'abc' }),
      'manifest.json: text.tokenizer.sha256 must be 64 hexadecimal digits, is "abc".',
    ],
    [
      'an embedding size that the graph does not have',
      (m) => Object.assign(m.text, { embeddingSize: 768 }),
      'manifest.json: graphs.text: output "text_embedding" is float32 [b, 8], expected float32 [batch, 768].',
    ],
    [
      'a fusion without contributions',
      (m) => Reflect.deleteProperty(m.graphs.fusion.outputs, 'contributions'),
      'manifest.json: graphs.fusion: output "contributions" is missing.',
    ],
    [
      'an element type that no tensor has',
      (m) => Object.assign(m.graphs.video.inputs.faces, { dtype: 'float16' }),
      'manifest.json: graphs.video.inputs.faces.dtype must be float32, int64 or uint8, is "float16".',
    ],
  ];

  it.each(cases)('refuses %s', (_, spoil, message) => {
    const manifest = sampleManifest();
    spoil(manifest);
    let error: unknown;
    try {
      parseModelManifest(manifest);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: 'invalid-bundle',
      message: expect.stringContaining(message),
    });
    expect(String(error)).not.toContain('\n');
  });

  describe('of what a bundle may have besides', () => {
    it('reads all of it', () => {
      const manifest = parseModelManifest(fullManifest());
      expect(manifest.text).toMatchObject({ maxTokens: 128, contextUtterances: 2 });
      expect(manifest.operatingPoints.map(({ name }) => name)).toEqual(['balanced', 'most-right']);
      expect(takes(manifest.graphs.text, 'token_type_ids')).toBe(true);
      expect(takes(manifest.graphs.fusion, 'audio_baseline')).toBe(true);
      expect(manifest.graphs.video.signature.outputs).toHaveProperty('mouth_covered');
    });

    it('misses none of it', () => {
      const manifest = parseModelManifest(sampleManifest());
      expect(manifest.text).toMatchObject({ maxTokens: 50, contextUtterances: 0 });
      expect(manifest.operatingPoints).toEqual([]);
      expect(takes(manifest.graphs.text, 'token_type_ids')).toBe(false);
    });

    const badPoints: [string, (point: FullManifest['operatingPoints'][number]) => unknown, string][] = [
      ['a name with capitals', (p) => Object.assign(p, { name: 'Best' }), '[1].name must be of lower-case letters'],
      ['no name', (p) => Reflect.deleteProperty(p, 'name'), '[1].name must be a text, is missing'],
      ['the name of another', (p) => Object.assign(p, { name: 'balanced' }), ' must be a list without two points'],
      ['six offsets', (p) => p.emotionOffsets.pop(), '[1].emotionOffsets must be a list of 7 finite numbers'],
      ['an offset that is no number', (p) => p.emotionOffsets.splice(0, 1, Number.NaN), '[1].emotionOffsets must'],
      ['a text as an offset', (p) => Object.assign(p.emotionOffsets, ['0']), '[1].emotionOffsets must'],
      [
        'a threshold above 1',
        (p) => Object.assign(p, { certainFrom: 1.01 }),
        '[1].certainFrom must be a number from 0',
      ],
      ['a threshold below 0', (p) => Object.assign(p, { dissatisfactionFrom: -0.1 }), '[1].dissatisfactionFrom must'],
      ['a missing threshold', (p) => Reflect.deleteProperty(p, 'certainFrom'), '[1].certainFrom must be a number'],
    ];

    it.each(badPoints)('refuses an operating point with %s', (_, spoil, message) => {
      const manifest = fullManifest();
      spoil(manifest.operatingPoints[1]!);
      expect(() => parseModelManifest(manifest)).toThrow(`manifest.json: operatingPoints${message}`);
    });

    it('refuses a covered mouth a face, since it is told of the whole utterance', () => {
      const manifest = fullManifest();
      manifest.graphs.video.outputs.mouth_covered.shape.push(25);
      expect(() => parseModelManifest(manifest)).toThrow(
        'manifest.json: graphs.video: output "mouth_covered" is float32 [b, 25], expected float32 [batch].',
      );
    });

    it.each([
      ['an empty list of operating points', { operatingPoints: [] }, 'operatingPoints must be a list of at least one'],
      ['operating points that are no list', { operatingPoints: {} }, 'operatingPoints must be a list'],
      ['nine utterances of context', { text: { ...fullManifest().text, contextUtterances: 9 } }, 'from 0 to 8, is 9'],
    ])('refuses %s', (_, change, message) => {
      expect(() => parseModelManifest({ ...fullManifest(), ...change })).toThrow(message);
    });
  });

  it.each([null, [], 'manifest', 7])('refuses %j', (json) => {
    expect(() => parseModelManifest(json)).toThrow('manifest.json: the document must be an object.');
  });
});
