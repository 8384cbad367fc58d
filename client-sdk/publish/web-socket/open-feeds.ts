/// <reference lib="dom" preserve="true" />

import { MEDIA_PACKET_HEADER_BYTES } from '../../protocol/index.ts';
import { openAudioCapture } from '../capture/audio-capture.ts';
import { openSpeechCapture } from '../capture/speech-capture.ts';
import { openVideoCapture } from '../capture/video-capture.ts';
import type { PublishMediaOptions, SpeechOptions } from '../publish-media-options.ts';
import type { StreamTracks } from '../stream-tracks.ts';
import type { MediaFeed } from './media-feed.ts';

type MicrophoneOptions = Pick<PublishMediaOptions, 'audioWorkletUrl'>;
type CameraOptions = Pick<PublishMediaOptions, 'face' | 'deviceFaces' | 'video'>;

/** How the media of a stream are captured. */
export type FeedOptions = MicrophoneOptions & CameraOptions & SpeechOptions;

/**
 * Opens what the stream and the browser have of sound, pictures and words, in this order.
 *
 * @throws RangeError when a figure of `video` is out of range; {@link ClientError} `faces-unavailable`; what the browser
 *   throws when it cannot open audio.
 */
export async function openFeeds({ audio, video }: StreamTracks, options: FeedOptions): Promise<MediaFeed[]> {
  const camera = video === undefined ? null : await openCamera(video, options);
  const speech = audio === undefined ? null : openSpeech(audio, options);
  try {
    const microphone = audio === undefined ? null : await openMicrophone(audio, options);
    return [microphone, camera, speech].filter((feed) => feed !== null);
  } catch (error) {
    camera?.stop();
    throw error;
  }
}

async function openMicrophone(source: MediaStreamTrack, { audioWorkletUrl }: MicrophoneOptions): Promise<MediaFeed> {
  const capture = await openAudioCapture(source, audioWorkletUrl);
  return {
    media: { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz: capture.sampleRateHz },
    source,
    start: (nowMs, publisher, track) =>
      capture.start(nowMs, (samples, mediaTimeMs) => {
        if (track.isOpen) publisher.sendAudio(track.id, samples, mediaTimeMs);
      }),
    stop: () => void capture.stop(),
  };
}

async function openCamera(source: MediaStreamTrack, { face, deviceFaces, video }: CameraOptions): Promise<MediaFeed> {
  const onDevice = face === 'device';
  const capture = onDevice
    ? // Loaded when it is asked for: most pages do without.
      await (await import('../faces/face-capture.ts')).openFaceCapture(source, deviceFaces ?? {})
    : openVideoCapture(source, video ?? {});
  return {
    media: { kind: 'video', encoding: onDevice ? 'face-gray-64' : 'jpeg' },
    source,
    start: (nowMs, publisher, track) =>
      capture.start(nowMs, (bytes, mediaTimeMs) => {
        if (!track.isOpen) return;
        if (bytes.length + MEDIA_PACKET_HEADER_BYTES > publisher.limits.maxPacketBytes) track.oversized();
        else publisher.sendImage(track.id, bytes, mediaTimeMs);
      }),
    stop: () => capture.stop(),
  };
}

/** Null where no words are asked for, or the browser recognises none. */
function openSpeech(
  audio: MediaStreamTrack,
  { speechLanguage: language, onTranscript, onSpeechUnavailable }: SpeechOptions,
): MediaFeed | null {
  const capture = language === undefined ? null : openSpeechCapture(audio, language);
  if (capture === null || language === undefined) return null;
  return {
    media: { kind: 'transcript', language },
    // Recognition tells by itself when it cannot go on.
    source: null,
    start: (nowMs, publisher, track) =>
      capture.start(
        nowMs,
        (words) => {
          if (!track.isOpen) return;
          publisher.sendTranscript(track.id, words);
          onTranscript?.(words);
        },
        (reason) => {
          track.end();
          onSpeechUnavailable?.(reason);
        },
      ),
    stop: () => capture.stop(),
  };
}
