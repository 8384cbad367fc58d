export { readManifest } from './bundle/model-bundle.ts';
export { EMOTION_ORDER, type ModelManifest, SENTIMENT_ORDER } from './bundle/model-manifest.ts';
export { chooseOperatingPoint, type OperatingPoint } from './bundle/operating-point.ts';
export { type FileVerdict, verifyFiles } from './bundle/verify-files.ts';
export type { BatchingOptions, EmotionModelStats } from './emotion/emotion-model.ts';
export * from './faces/face-models.ts';
export * from './feature-tensors.ts';
export { LANGUAGE_DIRECTORY, type LanguageModel } from './language/language-model.ts';
export { type BorrowedModels, borrowModels } from './lending/borrow-models.ts';
export type { ModelLoan } from './lending/loan-messages.ts';
export { type LendableModels, openLendableModels } from './lending/open-lendable-models.ts';
export { ModelError, type ModelErrorCode } from './model-error.ts';
export * from './model-interfaces.ts';
export {
  type Models,
  type ModelsStats,
  type OpenModelsOptions,
  openModels,
  type SessionModels,
} from './open-models.ts';
export type { PerceptionModels, PerceptionStats } from './open-perception.ts';
export { EXECUTION_PROVIDERS, type ExecutionProvider } from './runtime/execution-provider.ts';
export {
  FairQueue,
  type FairQueueDrop,
  type FairQueueDropReason,
  type FairQueueOptions,
} from './runtime/fair-queue.ts';
export { type GraphWorkerStats, openGraphWorker } from './runtime/graph-worker.ts';
export type * from './runtime/tensor.ts';
export { type OpenSpeakerModelOptions, openSpeakerModel, type SpeakerModel } from './speakers/open-speaker-model.ts';
export * from './speakers/speaker-encoder.ts';
export * from './voice/voice-encoder.ts';
export { VOICE_ACTIVITY_GRAPHS } from './voice-activity/voice-activity-graph.ts';
