export { type AnalyzeEmotionOptions, analyzeEmotion } from './analyze-emotion.ts';
export {
  AUDIO_FEATURE_NAMES,
  type AudioFeatureStream,
  createAudioFeatureStream,
} from './features/audio/audio-feature-stream.ts';
export { MAX_UTTERANCE_MS } from './features/audio/sample-buffer.ts';
export type * from './features/utterance-features.ts';
export { createFaceStream, type FaceResult, type FaceStream } from './features/video/face-stream.ts';
export { type MeasureFeaturesOptions, measureFeatures, type PipelineDrop } from './measure-features.ts';
export { type Clock, systemClock } from './media/clock.ts';
export type * from './media/media-frame.ts';
export type * from './media/rgb-image.ts';
export { createResampler, type Resampler } from './sync/resampler.ts';
