import type { JSX } from 'preact';

/** Tells that a participant is speaking; keeps its place when silent so that nothing jumps. */
export function SpeakingMarker({ isSpeaking }: { isSpeaking: boolean }): JSX.Element {
  return (
    <span class={isSpeaking ? 'speaking speaking-on' : 'speaking'}>
      {isSpeaking && (
        <>
          <span class="speaking-bars" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          Speaking
        </>
      )}
    </span>
  );
}
