export { ClientError, type ClientErrorCode, type SequenceRange } from './connection/client-error.ts';
export { DEFAULT_RECONNECT_POLICY, type ReconnectPolicy, reconnectDelayMs } from './connection/reconnect-policy.ts';
export type { ServerAddress, WebSocketConstructor, WebSocketLike } from './connection/web-socket.ts';
export * from './protocol/index.ts';
export { PACKET_WORKLET_SOURCE as AUDIO_WORKLET_SOURCE } from './publish/capture/packet-worklet.ts';
export type { VideoCaptureOptions } from './publish/capture/video-capture.ts';
export type { DeviceFaceOptions } from './publish/faces/device-face-options.ts';
export { publishMedia } from './publish/publish-media.ts';
export type { PublishMediaOptions } from './publish/publish-media-options.ts';
export type { PublishedMedia } from './publish/published-media.ts';
export {
  openSession,
  type SessionOptions,
  type SessionPublisher,
  type TranscriptWords,
} from './publish/session-publisher.ts';
export {
  createEmotionClient,
  type EmotionClient,
  type EmotionClientOptions,
  type EventsOptions,
  type SessionConditions,
} from './subscribe/emotion-client.ts';
