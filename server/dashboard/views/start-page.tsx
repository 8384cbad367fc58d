import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ParticipantRole } from '../../../client-sdk/index.ts';
import { hasSpeechRecognition } from '../live/capture.ts';
import type { PublishControls } from '../live/use-publisher.ts';
import { usePageTitle } from '../live/use-title.ts';
import type { CaptureChoice } from '../state/start-errors.ts';
import { Icon } from './icon.tsx';

const CAPTURES: readonly { value: CaptureChoice; name: string; hint: string }[] = [
  { value: 'microphone-and-camera', name: 'Microphone and camera', hint: 'Voice and face' },
  { value: 'microphone', name: 'Microphone only', hint: 'Voice, no pictures are taken' },
];

const ROLES: readonly { value: ParticipantRole; name: string }[] = [
  { value: 'customer', name: 'Customer' },
  { value: 'agent', name: 'Agent' },
  { value: 'attendee', name: 'Attendee' },
];

/** Starts a session from this computer's microphone and camera. */
export function StartPage({ publisher }: { publisher: PublishControls }): JSX.Element {
  usePageTitle('Start');
  const canRecognise = hasSpeechRecognition();
  const [capture, setCapture] = useState<CaptureChoice>('microphone-and-camera');
  const [withWords, setWithWords] = useState(canRecognise);
  const [role, setRole] = useState<ParticipantRole>('customer');
  const [displayName, setDisplayName] = useState('');
  const { state } = publisher;
  const isBusy = state.kind === 'starting' || state.kind === 'live';
  return (
    <main class="page" id="main" tabIndex={-1}>
      <form
        class="start card"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) publisher.start({ capture, withWords, role, displayName: displayName.trim() });
        }}
      >
        <h1>Start with this computer</h1>
        <fieldset class="choices">
          <legend>What to use</legend>
          {CAPTURES.map(({ value, name, hint }) => (
            <label key={value} class="choice">
              <input type="radio" name="capture" checked={capture === value} onChange={() => setCapture(value)} />
              <Icon name={value === 'microphone' ? 'microphone' : 'camera'} sizePx={22} />
              <span>
                <b>{name}</b>
                <span class="muted">{hint}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <label class="check">
          <input
            type="checkbox"
            checked={withWords}
            disabled={!canRecognise}
            onChange={(event) => setWithWords(event.currentTarget.checked)}
          />
          <span>
            <b>Words from the browser's speech recognition</b>
            <span class="muted">
              {canRecognise
                ? 'The browser may send what it hears to its maker for this.'
                : 'This browser has none; voice and face work without it.'}
            </span>
          </span>
        </label>
        <div class="fields">
          <label class="field">
            Your name <span class="muted">(optional)</span>
            <input
              type="text"
              maxLength={100}
              autocomplete="off"
              value={displayName}
              onInput={(event) => setDisplayName(event.currentTarget.value)}
            />
          </label>
          <label class="field">
            You are the
            <select value={role} onChange={(event) => setRole(event.currentTarget.value as ParticipantRole)}>
              {ROLES.map(({ value, name }) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        </div>
        <p class="banner banner-caution">
          <Icon name="info" />
          <span>Everyone who can be heard or seen must be told first that their emotions are being analysed.</span>
        </p>
        {state.kind === 'failed' && (
          <p class="banner banner-danger" role="alert">
            <Icon name="alert" />
            <span>{state.message}</span>
          </p>
        )}
        <button type="submit" class="button start-button" disabled={isBusy}>
          <Icon name="microphone" />
          {state.kind === 'starting' ? 'Starting…' : state.kind === 'live' ? 'Already started' : 'Start'}
        </button>
      </form>
    </main>
  );
}
