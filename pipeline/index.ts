export { type AnalyzeEmotionOptions, analyzeEmotion } from './analyze-emotion.ts';
export { type SessionIdentity, sessionStarted, type ToldBefore } from './events/to-emotion-events.ts';
export {
  AUDIO_FEATURE_NAMES,
  type AudioFeatureOptions,
  type AudioFeatureResult,
  type AudioFeatureStream,
  createAudioFeatureStream,
} from './features/audio/audio-feature-stream.ts';
export {
  createLowLevelDescriptorStream,
  LOW_LEVEL_DESCRIPTOR_NAMES,
  type LowLevelDescriptorStream,
} from './features/audio/egemaps/low-level-descriptor-stream.ts';
export { createVoiceStream, type VoiceResult, type VoiceStream } from './features/audio/voice-stream.ts';
export type * from './features/utterance-features.ts';
export { createFaceStream, type FaceResult, type FaceStream } from './features/video/face-stream.ts';
export { WordsError } from './features/words-error.ts';
export { type MeasureFeaturesOptions, measureFeatures, type PipelineDropReason } from './measure-features.ts';
export { type Clock, systemClock } from './media/clock.ts';
export type * from './media/media-frame.ts';
export { MAX_FRAME_TIME_MS, SAMPLE_RATE_HZ } from './media/media-time.ts';
export type * from './media/rgb-image.ts';
export type { HeldKind, MemoryAccount } from './support/memory-account.ts';
export * from './support/pipeline-observer.ts';
export { createResampler, type Resampler } from './sync/resampler.ts';
export { type SynchronizeOptions, synchronize } from './sync/synchronize.ts';
export { clusterVoices, dot, gainOfDivision, type VoiceClusters, type VoiceExcerpt } from './voices/cluster-voices.ts';
export { shareWords, type TimeRange } from './window/share-words.ts';
