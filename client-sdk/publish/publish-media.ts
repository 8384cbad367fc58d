/// <reference lib="dom" preserve="true" />

import type { PublishMediaOptions } from './publish-media-options.ts';
import type { PublishedMedia } from './published-media.ts';
import { publishByWebSocket } from './web-socket/publish-by-web-socket.ts';

/**
 * Publishes the first audio and the first video track of a stream from a browser, in a session of its own. Capture
 * ends with the session; a track of the stream that ends is ended in the session too. Call it from a click: browsers start audio only then.
 *
 * @throws TypeError when the stream has neither audio nor video; {@link ClientError} `faces-unavailable`, which says what
 *   is missing for `face: 'device'`; the errors of {@link openSession}.
 */
export async function publishMedia(stream: MediaStream, options: PublishMediaOptions): Promise<PublishedMedia> {
  const [audio] = stream.getAudioTracks();
  const [video] = stream.getVideoTracks();
  if (audio === undefined && video === undefined) throw new TypeError('stream must have a track');
  const facesOnDevice = options.face === 'device' && video !== undefined;
  // Faces that are found on the device travel by WebSocket: without a voice nothing is left for WebRTC.
  if (options.transport !== 'webrtc' || (facesOnDevice && audio === undefined)) {
    return publishByWebSocket({ audio, video }, options);
  }
  // WebRTC is loaded when it is asked for: most pages do without.
  if (!facesOnDevice) {
    const { publishByWhip } = await import('./whip/publish-by-whip.ts');
    return publishByWhip({ audio, video }, options);
  }
  const { publishWithDeviceFaces } = await import('./whip/publish-with-device-faces.ts');
  return publishWithDeviceFaces(audio, video, options);
}
