import { type CaptureChoice, explainCaptureError } from '../state/start-errors.ts';

/** A microphone or camera could not be opened. The message is shown to the user. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
}

/**
 * Asks the browser for microphone and camera. Automatic gain is off, because it clips raised voices and hides their
 * loudness.
 *
 * @throws {@link CaptureError}
 */
export async function openCapture(choice: CaptureChoice): Promise<MediaStream> {
  const devices = (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
  if (devices === undefined) throw new CaptureError(explainCaptureError('no-media-devices', choice));
  try {
    return await devices.getUserMedia({
      audio: { autoGainControl: false, echoCancellation: true, noiseSuppression: true },
      video: choice === 'microphone' ? false : { width: 640, height: 480, facingMode: 'user' },
    });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : '';
    throw new CaptureError(explainCaptureError(name, choice), { cause: error });
  }
}

/** Whether this browser recognises speech. */
export function hasSpeechRecognition(): boolean {
  return 'SpeechRecognition' in globalThis || 'webkitSpeechRecognition' in globalThis;
}
