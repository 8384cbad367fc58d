export { PACKET_WORKLET_SOURCE as AUDIO_WORKLET_SOURCE } from './capture/packet-worklet.ts';
export type { VideoCaptureOptions } from './capture/video-capture.ts';
export { ClientError, type ClientErrorCode, type SequenceRange } from './client-error.ts';
export {
  createEmotionClient,
  type EmotionClient,
  type EmotionClientOptions,
  type EventsOptions,
} from './emotion-client.ts';
export type { DeviceFaceOptions } from './faces/device-face-options.ts';
export { type PublishedMedia, type PublishMediaOptions, publishMedia } from './media-publisher.ts';
export * from './protocol/index.ts';
export { DEFAULT_RECONNECT_POLICY, type ReconnectPolicy, reconnectDelayMs } from './reconnect-policy.ts';
export { openSession, type SessionOptions, type SessionPublisher, type TranscriptWords } from './session-publisher.ts';
export type { ServerAddress, WebSocketConstructor, WebSocketLike } from './web-socket.ts';
