export { verifyVoiceActivity } from './check-shipped-files.ts';
export type { BatchingOptions, EmotionModelStats } from './emotion-model.ts';
export { EXECUTION_PROVIDERS, type ExecutionProvider } from './execution-provider.ts';
export * from './face-models.ts';
export { FairQueue, type FairQueueDrop, type FairQueueDropReason, type FairQueueOptions } from './fair-queue.ts';
export * from './feature-tensors.ts';
export { type GraphWorkerStats, openGraphWorker } from './graph-worker.ts';
export type { LanguageModel } from './language-model.ts';
export { readManifest } from './model-bundle.ts';
export { ModelError, type ModelErrorCode } from './model-error.ts';
export * from './model-interfaces.ts';
export { EMOTION_ORDER, type ModelManifest, SENTIMENT_ORDER } from './model-manifest.ts';
export {
  type Models,
  type ModelsStats,
  type OpenModelsOptions,
  openModels,
  type SessionModels,
} from './open-models.ts';
export { chooseOperatingPoint, type OperatingPoint } from './operating-point.ts';
export type * from './tensor.ts';
export { type FileVerdict, verifyFiles } from './verify-files.ts';
export * from './voice-encoder.ts';
