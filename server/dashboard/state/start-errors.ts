/** The devices that the browser was asked for. */
export type CaptureChoice = 'microphone' | 'microphone-and-camera';

/**
 * Message for a user whose microphone or camera could not be opened. It says what is wrong and what to do.
 *
 * @param errorName - `name` of the DOMException of `getUserMedia`, or `no-media-devices` where a page has none.
 */
export function explainCaptureError(errorName: string, choice: CaptureChoice): string {
  const devices = choice === 'microphone' ? 'microphone' : 'microphone and camera';
  switch (errorName) {
    case 'NotAllowedError':
      return `The browser was not allowed to use the ${devices}. Allow it in the site settings beside the address, then try again.`;
    case 'NotFoundError':
    case 'OverconstrainedError':
      return choice === 'microphone'
        ? 'No microphone was found. Connect one, then try again.'
        : 'No microphone and camera were found. Connect them, or start with the microphone only.';
    case 'NotReadableError':
    case 'AbortError':
      return `The ${devices} could not be opened. Another program may be using it: close that program, then try again.`;
    case 'SecurityError':
    case 'no-media-devices':
      return `Browsers open the ${devices} only on https addresses and on localhost. Open the dashboard there.`;
    default:
      return `The ${devices} could not be opened. Check the devices, then try again.`;
  }
}

/** Message for the user when speech recognition stops. `reason` comes from the browser. */
export function explainSpeechEnd(reason: string): string {
  switch (reason) {
    case 'not-allowed':
    case 'service-not-allowed':
      return 'no words: speech recognition is not allowed';
    case 'network':
      return 'no words: speech recognition needs a network';
    case 'language-not-supported':
      return 'no words: this language is not recognised';
    default:
      return 'no words: speech recognition stopped';
  }
}
