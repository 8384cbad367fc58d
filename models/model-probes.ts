import { basename } from 'node:path';
import { allFinite } from './all-finite.ts';
import type { ModelBundle } from './bundle/model-bundle.ts';
import {
  DETECTOR_ANCHOR_COUNT,
  DETECTOR_BOX_VALUES,
  DETECTOR_SIZE_PX,
  FACE_GRAPHS,
  LANDMARK_COUNT,
  LANDMARK_SIZE_PX,
} from './faces/face-models.ts';
import {
  AUDIO_FEATURE_COUNT,
  FACE_GROUP_COUNT,
  FACE_GROUP_SIZE,
  FACE_SIZE_PX,
  type FaceGroups,
} from './feature-tensors.ts';
import { ModelError } from './model-error.ts';
import { type EmotionModel, VAD_FRAME_SAMPLES } from './model-interfaces.ts';
import type { PerceptionModels } from './open-perception.ts';
import type { ModelProbe } from './runtime/model-health.ts';
import { MEL_BAND_COUNT, MEL_BLOCK_FRAMES, VOICE_EMBEDDING_SIZE, VOICE_GRAPHS } from './voice/voice-encoder.ts';
import { VOICE_ACTIVITY_GRAPHS } from './voice-activity/voice-activity-graph.ts';

/** One small forward pass of each graph of the emotion model. */
export function emotionProbes(emotion: EmotionModel, bundleFiles: ReturnType<ModelBundle['graphFiles']>): ModelProbe[] {
  return [
    {
      name: named('text encoder', bundleFiles.text),
      run: () => emotion.embedText({ ids: new Int32Array(2) }),
    },
    {
      name: named('face encoder', bundleFiles.video),
      run: () => emotion.embedFaces(oneGrayFace()),
    },
    {
      name: named('fusion', bundleFiles.fusion),
      run: () => emotion.fuse({ text: null, audio: new Float32Array(AUDIO_FEATURE_COUNT), video: null }),
    },
  ];
}

/** One small forward pass of each model of perception. */
export function perceptionProbes({ voiceActivity, voice, faces }: PerceptionModels): ModelProbe[] {
  return [
    {
      name: named('voice activity', VOICE_ACTIVITY_GRAPHS['voice-activity']),
      // Not silence, which the model need not look at.
      run: () => voiceActivity.openStream().push(new Float32Array(VAD_FRAME_SAMPLES).fill(0.1)),
    },
    {
      name: named('voice encoder', VOICE_GRAPHS['voice-encoder']),
      async run() {
        const bands = new Float32Array(MEL_BLOCK_FRAMES * MEL_BAND_COUNT);
        const { sums } = await voice.encode({ bands, frameCount: MEL_BLOCK_FRAMES });
        finite(sums, VOICE_EMBEDDING_SIZE);
      },
    },
    {
      name: named('face detector', FACE_GRAPHS['face-detector']),
      async run() {
        const { logits, boxes } = await faces.detect(new Uint8Array(DETECTOR_SIZE_PX ** 2 * 3));
        finite(logits, DETECTOR_ANCHOR_COUNT);
        finite(boxes, DETECTOR_ANCHOR_COUNT * DETECTOR_BOX_VALUES);
      },
    },
    {
      name: named('face landmarks', FACE_GRAPHS['face-landmarks']),
      async run() {
        finite(await faces.landmarks(new Uint8Array(LANDMARK_SIZE_PX ** 2 * 3)), 2 * LANDMARK_COUNT);
      },
    },
  ];
}

function named(what: string, file: string): string {
  return `${what} (${basename(file)})`;
}

function finite(values: Float32Array, count: number): void {
  if (values.length !== count || !allFinite(values)) {
    throw ModelError.failed('its answer is not as many finite numbers as it must be');
  }
}

function oneGrayFace(): FaceGroups {
  return {
    pixels: new Uint8Array(FACE_GROUP_COUNT * FACE_GROUP_SIZE * FACE_SIZE_PX ** 2).fill(128),
    faceCount: 1,
  };
}
