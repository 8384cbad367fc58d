import type { JSX } from 'preact';

/** Shows that a participant is speaking. It keeps its space during silence, so that the layout does not move. */
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
