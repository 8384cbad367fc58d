/**
 * Makes the model file of `face: 'device'` out of the npm package `@mediapipe/face_detection`, which has the network
 * (BlazeFace short range, Apache-2.0) but not the metadata that tells tasks-vision how its input is scaled.
 *
 *     node client-sdk/examples/meeting-plugin/make-face-model.ts OUT.tflite
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { follow, type Part, readTable, writeFlatBuffer } from './flat-buffer.ts';

/** Field numbers of TensorFlow Lite's `Model`. */
const MODEL = { version: 0, operatorCodes: 1, subgraphs: 2, description: 3, buffers: 4 } as const;

/** The model with its metadata: pixels of 0…255 are fed as −1…1. */
export function makeFaceModel(): Uint8Array<ArrayBuffer> {
  const require = createRequire(import.meta.url);
  return withMetadata(readFileSync(require.resolve('@mediapipe/face_detection/face_detection_short_range.tflite')));
}

function withMetadata(model: Uint8Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(model.buffer, model.byteOffset, model.byteLength);
  const root = readTable(model, follow(model, 0));
  const target = (field: number): Part => ({ kind: 'appended', position: follow(model, required(root.field(field))) });
  const vector = follow(model, required(root.field(MODEL.buffers)));
  const buffers: Part[] = Array.from({ length: view.getUint32(vector, true) }, (_, i) => ({
    kind: 'appended',
    position: follow(model, vector + 4 + 4 * i),
  }));
  const metadataBuffer: Part = { kind: 'table', fields: [{ kind: 'bytes', bytes: inputMetadata() }] };
  const metadata: Part = {
    kind: 'table',
    fields: [
      { kind: 'text', text: 'TFLITE_METADATA' },
      { kind: 'u32', value: buffers.length },
    ],
  };
  const fields = [
    { kind: 'u32', value: view.getUint32(required(root.field(MODEL.version)), true) } as const,
    target(MODEL.operatorCodes),
    target(MODEL.subgraphs),
    target(MODEL.description),
    { kind: 'vector', items: [...buffers, metadataBuffer] } as const,
    null,
    { kind: 'vector', items: [metadata] } as const,
  ];
  return writeFlatBuffer('TFL3', { kind: 'table', fields }, model);
}

/** TensorFlow Lite's metadata (`metadata_schema.fbs`): the one input tensor is normalised by mean and deviation 127.5. */
function inputMetadata(): Uint8Array {
  const floats: Part = { kind: 'floats', values: [127.5] };
  const normalization: Part = { kind: 'table', fields: [floats, floats] };
  const processUnit: Part = { kind: 'table', fields: [{ kind: 'u8', value: 1 }, normalization] };
  const tensor: Part = {
    kind: 'table',
    fields: [{ kind: 'text', text: 'image' }, null, null, null, { kind: 'vector', items: [processUnit] }],
  };
  const subgraph: Part = { kind: 'table', fields: [null, null, { kind: 'vector', items: [tensor] }] };
  const root: Part = {
    kind: 'table',
    fields: [{ kind: 'text', text: 'BlazeFace' }, null, null, { kind: 'vector', items: [subgraph] }],
  };
  return writeFlatBuffer('M001', root);
}

function required(position: number | null): number {
  if (position === null) throw new TypeError('the model file is not the version that this script expects');
  return position;
}

if (import.meta.main) {
  const [, , out] = process.argv;
  if (out === undefined) {
    console.error('name the file to write');
    process.exit(2);
  }
  writeFileSync(out, makeFaceModel());
}
