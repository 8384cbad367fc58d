import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { PublishControls } from '../live/use-publisher.ts';
import { routeHash } from '../state/route.ts';
import { Icon } from './icon.tsx';
import { LevelMeter } from './level-meter.tsx';

/** Stays visible while this computer publishes. Shows what is sent and how loud it is, and has a button to stop. */
export function PublishBar({ publisher }: { publisher: PublishControls }): JSX.Element | null {
  const { state } = publisher;
  if (state.kind !== 'live') return null;
  const { media, stream, noWords, isStopping } = state;
  return (
    <aside class="publish-bar" aria-label="This computer is publishing">
      {media.kinds.includes('video') && <Preview stream={stream} />}
      <div class="publish-text">
        <a href={routeHash({ view: 'session', sessionId: media.sessionId })}>
          <b>You are live</b>
        </a>
        <span class="muted">
          {[
            media.kinds.includes('audio') && 'voice',
            media.kinds.includes('video') && 'face',
            noWords ?? (media.kinds.includes('transcript') && 'words'),
          ]
            .filter((part) => part !== false)
            .join(' · ')}
        </span>
      </div>
      <LevelMeter stream={stream} />
      <button type="button" class="button button-danger" disabled={isStopping} onClick={() => publisher.stop()}>
        <Icon name="stop" />
        {isStopping ? 'Stopping…' : 'Stop'}
      </button>
    </aside>
  );
}

function Preview({ stream }: { stream: MediaStream }): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current !== null) video.current.srcObject = stream;
  }, [stream]);
  return <video class="publish-preview" ref={video} muted autoPlay playsInline aria-label="Your camera" />;
}
