/// <reference lib="dom" preserve="true" />

import type { ReconnectPolicy } from '../connection/reconnect-policy.ts';
import { MEDIA_PACKET_HEADER_BYTES, type ParticipantInfo, type TrackMedia } from '../protocol/index.ts';
import { openAudioCapture } from './capture/audio-capture.ts';
import { openSpeechCapture } from './capture/speech-capture.ts';
import { openVideoCapture, type VideoCaptureOptions } from './capture/video-capture.ts';
import type { DeviceFaceOptions } from './faces/device-face-options.ts';
import { openSession, type SessionOptions, type SessionPublisher, type TranscriptWords } from './session-publisher.ts';
import { publishByWhip } from './whip/publish-by-whip.ts';

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

/** A stream that is being published. */
export interface PublishedMedia {
  readonly sessionId: string;
  /** What is published: a medium that the stream or the browser lacks is missing here. */
  readonly kinds: readonly TrackMedia['kind'][];
  /** Packets given up so far: the connection was too slow, or a picture larger than the server takes. None with `webrtc`, which adapts. */
  readonly dropped: SessionPublisher['dropped'];
  /** Resolves when the session is over; rejects with {@link ClientError}. Capture has stopped by then. */
  readonly closed: Promise<void>;
  /**
   * Ends capture and session; resolves when the server has finished. With `webrtc` it leaves the session, which ends with its last
   * publisher, and resolves when the server knows. The stream's own tracks go on.
   */
  stop(): Promise<void>;
}

/**
 * Publishes the first audio and the first video track of a stream from a browser, in a session of its own. Capture
 * ends with the session; a track of the stream that ends is ended in the session too. Call it from a click: browsers start audio only then.
 *
 * @throws TypeError when the stream has neither audio nor video; {@link ClientError} `faces-unavailable`, which says what
 *   is missing for `face: 'device'`; the errors of {@link openSession}.
 */
export async function publishMedia(stream: MediaStream, options: PublishMediaOptions): Promise<PublishedMedia> {
  const [audioTrack] = stream.getAudioTracks();
  const [videoTrack] = stream.getVideoTracks();
  if (audioTrack === undefined && videoTrack === undefined) throw new TypeError('stream must have a track');
  const withDeviceFaces = options.face === 'device' && videoTrack !== undefined;
  if (options.transport === 'webrtc' && !(withDeviceFaces && audioTrack === undefined)) {
    if (!withDeviceFaces) return publishByWhip(stream, options);
    const { publishWithDeviceFaces } = await import('./whip/publish-with-device-faces.ts');
    return publishWithDeviceFaces(stream, videoTrack, options);
  }
  const { participant, video = {}, speechLanguage, onTranscript, onSpeechUnavailable } = options;

  const videoCapture =
    videoTrack === undefined
      ? null
      : withDeviceFaces
        ? // Loaded when it is asked for: most pages do without.
          await (await import('./faces/face-capture.ts')).openFaceCapture(videoTrack, options.deviceFaces ?? {})
        : openVideoCapture(videoTrack, video);
  const speechCapture =
    audioTrack === undefined || speechLanguage === undefined ? null : openSpeechCapture(audioTrack, speechLanguage);
  const audioCapture =
    audioTrack === undefined
      ? null
      : await openAudioCapture(audioTrack, options.audioWorkletUrl).catch((error: unknown) => {
          videoCapture?.stop();
          throw error;
        });
  const stopCapture = () => {
    videoCapture?.stop();
    speechCapture?.stop();
    void audioCapture?.stop();
  };

  const openTracks = new Set<number>();
  let oversizedImages = 0;
  let publisher: SessionPublisher;
  try {
    publisher = await openSession(options);
  } catch (error) {
    stopCapture();
    throw error;
  }
  // Captured media may still arrive after the end: a track that is not open takes none.
  const finish = () => {
    openTracks.clear();
    stopCapture();
  };
  publisher.closed.then(finish, finish);

  const add = async (media: TrackMedia): Promise<number> => {
    const track = await publisher.addTrack(participant, media);
    openTracks.add(track);
    return track;
  };
  const endTrack = (track: number): void => {
    if (openTracks.delete(track)) publisher.endTrack(track);
  };

  try {
    const audio = audioCapture && {
      capture: audioCapture,
      track: await add({ kind: 'audio', encoding: 'pcm-s16le', sampleRateHz: audioCapture.sampleRateHz }),
    };
    const images = videoCapture && {
      capture: videoCapture,
      track: await add({ kind: 'video', encoding: withDeviceFaces ? 'face-gray-64' : 'jpeg' }),
    };
    const speech = speechCapture && {
      capture: speechCapture,
      track: await add({ kind: 'transcript', ...(speechLanguage !== undefined && { language: speechLanguage }) }),
    };

    if (speechLanguage !== undefined && speech === null) onSpeechUnavailable?.('unsupported');
    const startMs = performance.now();
    const nowMs = () => performance.now() - startMs;
    audio?.capture.start(nowMs, (samples, mediaTimeMs) => {
      if (openTracks.has(audio.track)) publisher.sendAudio(audio.track, samples, mediaTimeMs);
    });
    images?.capture.start(nowMs, (bytes, mediaTimeMs) => {
      if (!openTracks.has(images.track)) return;
      if (bytes.length + MEDIA_PACKET_HEADER_BYTES > publisher.limits.maxPacketBytes) oversizedImages += 1;
      else publisher.sendImage(images.track, bytes, mediaTimeMs);
    });
    speech?.capture.start(
      nowMs,
      (words) => {
        if (!openTracks.has(speech.track)) return;
        publisher.sendTranscript(speech.track, words);
        onTranscript?.(words);
      },
      (reason) => {
        endTrack(speech.track);
        onSpeechUnavailable?.(reason);
      },
    );
    audioTrack?.addEventListener('ended', () => audio && endTrack(audio.track));
    videoTrack?.addEventListener('ended', () => images && endTrack(images.track));

    return {
      sessionId: publisher.sessionId,
      kinds: [audio && 'audio', images && 'video', speech && 'transcript'].filter(
        (kind) => kind !== null,
      ) as TrackMedia['kind'][],
      closed: publisher.closed,
      get dropped() {
        const { audioPackets, videoPackets } = publisher.dropped;
        return { audioPackets, videoPackets: videoPackets + oversizedImages };
      },
      stop() {
        finish();
        return publisher.end();
      },
    };
  } catch (error) {
    publisher.close();
    throw error;
  }
}
