import { useEffect, useRef, useState } from 'preact/hooks';
import {
  ClientError,
  type ParticipantRole,
  type PublishedMedia,
  publishMedia,
  type ServerAddress,
} from '../../../client-sdk/index.ts';
import { type CaptureChoice, explainSpeechEnd } from '../state/start-errors.ts';
import { CaptureError, openCapture } from './capture.ts';
import { isUnauthorized } from './server-connection.ts';

/** What the user chose before starting. */
export interface StartChoice {
  readonly capture: CaptureChoice;
  /** Whether the browser should recognise speech. */
  readonly withWords: boolean;
  readonly role: ParticipantRole;
  readonly displayName: string;
}

export type PublisherState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | {
      readonly kind: 'live';
      readonly stream: MediaStream;
      readonly media: PublishedMedia;
      /**
       * Message for the user: why there are no words, or no more words. Null while they are recognised or when they
       * were not requested.
       */
      readonly noWords: string | null;
      readonly isStopping: boolean;
    }
  /** It did not start, or it broke off. The message is for the user. */
  | { readonly kind: 'failed'; readonly message: string };

export interface PublishControls {
  readonly state: PublisherState;
  start(choice: StartChoice): void;
  stop(): void;
}

/** Publishes this computer's microphone and camera, at most one at a time. */
export function usePublisher(
  address: ServerAddress,
  { onStarted, onUnauthorized }: { onStarted: (sessionId: string) => void; onUnauthorized: () => void },
): PublishControls {
  const [state, setState] = useState<PublisherState>({ kind: 'idle' });
  const running = useRef<{ stream: MediaStream; media: PublishedMedia } | null>(null);

  const start = async (choice: StartChoice): Promise<void> => {
    setState({ kind: 'starting' });
    let stream: MediaStream | null = null;
    let speechEnd: string | null = null;
    try {
      stream = await openCapture(choice.capture);
      const media = await publishMedia(stream, {
        ...address,
        audioWorkletUrl: '/assets/audio-worklet.js',
        title: choice.displayName === '' ? 'From this browser' : `${choice.displayName}, from a browser`,
        participant: { id: 'me', role: choice.role, displayName: choice.displayName || 'Me' },
        ...(choice.withWords && { speechLanguage: navigator.language }),
        onSpeechUnavailable: (reason) => {
          speechEnd = explainSpeechEnd(reason);
          setState((known) => (known.kind === 'live' ? { ...known, noWords: speechEnd } : known));
        },
      });
      const opened = { stream, media };
      running.current = opened;
      const hasWords = !choice.withWords || media.kinds.includes('transcript');
      const noWords = speechEnd ?? (hasWords ? null : 'no words: this browser does not recognise speech');
      setState({ kind: 'live', ...opened, noWords, isStopping: false });
      onStarted(media.sessionId);
      await media.closed;
      setState({ kind: 'idle' });
    } catch (error) {
      if (isUnauthorized(error)) {
        setState({ kind: 'idle' });
        onUnauthorized();
      } else {
        setState({ kind: 'failed', message: explainFailure(error) });
      }
    } finally {
      running.current = null;
      for (const track of stream?.getTracks() ?? []) track.stop();
    }
  };
  const stop = (): void => {
    setState((known) => (known.kind === 'live' ? { ...known, isStopping: true } : known));
    running.current?.media.stop().catch(() => {
      // The same error ends `media.closed`, which shows it to the user.
    });
  };

  useEffect(() => {
    const warn = (event: BeforeUnloadEvent): void => {
      if (running.current !== null) event.preventDefault();
    };
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, []);

  return { state, start: (choice) => void start(choice), stop };
}

function explainFailure(error: unknown): string {
  if (error instanceof CaptureError) return error.message;
  if (error instanceof ClientError) {
    return error.code === 'connection-failed' || error.code === 'connection-lost'
      ? 'The connection to the server broke. Check that it runs, then start again.'
      : `The server ended this: ${error.message}`;
  }
  return 'This browser could not publish. Try a current Chrome, Edge, Firefox or Safari.';
}
