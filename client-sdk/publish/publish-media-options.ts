/// <reference lib="dom" preserve="true" />

import type { ReconnectPolicy } from '../connection/reconnect-policy.ts';
import type { ParticipantInfo } from '../protocol/index.ts';
import type { VideoCaptureOptions } from './capture/video-capture.ts';
import type { DeviceFaceOptions } from './faces/device-face-options.ts';
import type { SessionOptions, TranscriptWords } from './session-publisher.ts';

/** Where to publish, as what, and what to add to the stream. */
export interface PublishMediaOptions extends SessionOptions {
  /** Who is heard and seen in the stream. */
  readonly participant: ParticipantInfo;
  /**
   * How media is sent. `websocket`: as samples and pictures over one connection. `webrtc`: by WHIP. It adapts to the
   * network, passes firewalls by TURN if the server has a TURN server, and reconnects by itself. Default `websocket`.
   */
  readonly transport?: 'websocket' | 'webrtc';
  /**
   * Where the face is found. `server`: the video goes to the server. `device`: MediaPipe finds and aligns the face in this
   * browser, and only gray crops of 64×64 px leave it, over a WebSocket with either transport. Default `server`.
   */
  readonly face?: 'server' | 'device';
  /** Where MediaPipe's files are, with `face: 'device'`; see {@link DeviceFaceOptions} for the defaults. */
  readonly deviceFaces?: DeviceFaceOptions;
  /**
   * Where this page's server serves {@link AUDIO_WORKLET_SOURCE} as a script, with `websocket`: for a page whose content
   * security policy allows no `blob:` scripts. Default: it is loaded from a `blob:` address.
   */
  readonly audioWorkletUrl?: string | URL;
  /** When to try again, with `webrtc`; see {@link DEFAULT_RECONNECT_POLICY}. */
  readonly reconnect?: Partial<ReconnectPolicy>;
  /** How pictures are taken, with `websocket` and `face: 'server'`; see {@link VideoCaptureOptions} for the defaults. */
  readonly video?: Partial<VideoCaptureOptions>;
  /**
   * Recognise the words in this language (BCP 47) with the browser's speech recognition, where it has one. It may
   * send the audio to the browser's vendor. Default: no words.
   */
  readonly speechLanguage?: string;
  /** Called with every recognised segment, interim ones included, as it is published. */
  readonly onTranscript?: (words: TranscriptWords) => void;
  /** Called at most once, when the browser cannot recognise speech (any more), with its reason; `unsupported` where it never can. */
  readonly onSpeechUnavailable?: (reason: string) => void;
}

/** The options of recognised words, which each way of publishing reads. */
export type SpeechOptions = Pick<PublishMediaOptions, 'speechLanguage' | 'onTranscript' | 'onSpeechUnavailable'>;
