/// <reference lib="dom" preserve="true" />

import { ClientError } from '../../connection/client-error.ts';
import { reconnectDelayMs, resolveReconnectPolicy } from '../../connection/reconnect-policy.ts';
import type { VideoCapture } from '../capture/video-capture.ts';
import { openFaceCapture } from '../faces/face-capture.ts';
import type { PublishMediaOptions } from '../publish-media-options.ts';
import type { PublishedMedia } from '../published-media.ts';
import { openSession, type SessionOptions, type SessionPublisher } from '../session-publisher.ts';
import { publishByWhip, type WhipOptions } from './publish-by-whip.ts';

type FaceLinkOptions = SessionOptions & Pick<PublishMediaOptions, 'participant' | 'reconnect'>;

/**
 * Publishes a stream's voice by WebRTC and the faces found on this device by a WebSocket into the same session. Either
 * connection comes back by itself; when one cannot, both end.
 */
export async function publishWithDeviceFaces(
  audio: MediaStreamTrack | undefined,
  camera: MediaStreamTrack,
  options: WhipOptions & Pick<PublishMediaOptions, 'deviceFaces'>,
): Promise<PublishedMedia> {
  const capture = await openFaceCapture(camera, options.deviceFaces ?? {});
  try {
    const voice = await publishByWhip({ audio, video: undefined }, options);
    const faces = new FaceLink(capture, { ...options, sessionId: voice.sessionId });
    try {
      await faces.connect();
    } catch (error) {
      await voice.stop();
      throw error;
    }
    camera.addEventListener('ended', () => faces.stop(), { once: true });
    const kept = faces.keep().then(
      () => voice.closed,
      async (error: unknown) => {
        await voice.stop();
        throw error;
      },
    );
    const closed = Promise.race([kept, voice.closed]).finally(() => faces.stop());
    closed.catch(() => {});
    return {
      sessionId: voice.sessionId,
      kinds: [...voice.kinds, 'video'],
      closed,
      get dropped() {
        return { audioPackets: voice.dropped.audioPackets, videoPackets: faces.droppedPackets };
      },
      async stop() {
        // First the faces: the session ends with the last publisher that leaves in order, which is the voice.
        await faces.stop();
        await voice.stop();
        return closed;
      },
    };
  } catch (error) {
    capture.stop();
    throw error;
  }
}

/** The faces' way into the voice's session. */
class FaceLink {
  readonly #capture: VideoCapture;
  readonly #options: FaceLinkOptions;
  #publisher: SessionPublisher | null = null;
  #track = 0;
  #isCapturing = false;
  #clock = { mediaMs: 0, atMs: 0 };
  #droppedBefore = 0;
  readonly #stopped = Promise.withResolvers<void>();
  #over = false;

  constructor(capture: VideoCapture, options: FaceLinkOptions) {
    this.#capture = capture;
    this.#options = options;
  }

  get droppedPackets(): number {
    return this.#droppedBefore + (this.#publisher?.dropped.videoPackets ?? 0);
  }

  /** Joins the session; the errors of {@link openSession} and of its `addTrack`. */
  async connect(): Promise<void> {
    const publisher = await openSession(this.#options);
    try {
      const media = { kind: 'video', encoding: 'face-gray-64' } as const;
      this.#track = await publisher.addTrack(this.#options.participant, media);
    } catch (error) {
      publisher.close();
      throw error;
    }
    this.#clock = { mediaMs: publisher.mediaTimeMs, atMs: performance.now() };
    this.#publisher = publisher;
    if (this.#isCapturing) return;
    this.#isCapturing = true;
    this.#capture.start(
      () => this.#clock.mediaMs + performance.now() - this.#clock.atMs,
      (payload, mediaTimeMs) => this.#publisher?.sendImage(this.#track, payload, mediaTimeMs),
    );
  }

  /** Reconnects when the connection is lost. Resolves when stopped, rejects when it cannot reconnect. */
  async keep(): Promise<void> {
    const policy = resolveReconnectPolicy(this.#options.reconnect ?? {});
    for (let failures = 0; !this.#over; ) {
      try {
        if (this.#publisher === null) await this.connect();
        failures = 0;
        await this.#publisher?.closed;
        // The session was ended for all, or the signal aborted.
        return;
      } catch (error) {
        this.#forget();
        failures += 1;
        const delayMs = mayComeBack(error) ? reconnectDelayMs(failures, policy, Math.random) : null;
        if (this.#over) return;
        if (delayMs === null) throw error;
        await Promise.race([this.#stopped.promise, new Promise((wake) => setTimeout(wake, delayMs))]);
      }
    }
  }

  /** Leaves the session. */
  async stop(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#stopped.resolve();
    this.#capture.stop();
    const publisher = this.#publisher;
    this.#forget();
    await publisher?.leave();
  }

  #forget(): void {
    this.#droppedBefore += this.#publisher?.dropped.videoPackets ?? 0;
    this.#publisher = null;
  }
}

/** Until the server has noticed a lost connection, the old track blocks the next one. */
function mayComeBack(error: unknown): boolean {
  return error instanceof ClientError && (error.retry || error.code === 'track-refused');
}
