/// <reference lib="dom" preserve="true" />
import type { FollowedSession } from '../live/session-store.ts';
import { EMOTION_LABELS, type EmotionLabel, type UtteranceEmotion } from '../protocol/index.ts';
import { METER_STYLE } from './meter-style.ts';
import {
  EMOTION_NAMES,
  MODALITY_NAMES,
  modalityText,
  participantName,
  percent,
  revisionText,
  STATUS_NAMES,
  sentimentText,
  sentimentWord,
} from './meter-words.ts';

/** Shortest time between two announcements, ms: a lively call must not talk over the person listening. */
const QUIET_MS = 5000;

/** What an `<undertone-meter>` shows, in its shadow root. */
export interface MeterView {
  show(session: FollowedSession, reading: UtteranceEmotion | null): void;
  /** Stops what waits to be said. */
  stop(): void;
}

export function createMeterView(root: ShadowRoot): MeterView {
  const style = new CSSStyleSheet();
  style.replaceSync(METER_STYLE);
  root.adoptedStyleSheets = [style];

  const meter = element('section', 'meter', { role: 'group', 'aria-label': 'Emotions' });
  const name = element('span', 'name');
  const status = element('span', 'status');
  const reading = element('div', 'reading');
  const label = element('span', 'label');
  const confidence = element('span', 'confidence', {}, 'soft');
  const sentiment = element('span', 'sentiment', {}, 'soft');
  const revision = element('span', 'revision', {}, 'revision soft');
  const waiting = element('p', 'waiting', {}, 'soft');
  const bars = element('ul', 'bars', { 'aria-label': 'Probabilities' });
  const modalities = element('ul', 'modalities', { 'aria-label': 'What this rests on' });
  const error = element('p', 'error');
  const spoken = element('p', 'announcement', { role: 'status', 'aria-live': 'polite' }, 'spoken');

  const header = document.createElement('header');
  header.append(name, status);
  reading.append(label, confidence, sentiment, revision);
  const barOf = new Map(EMOTION_LABELS.map((emotion) => [emotion, createBar(emotion)]));
  bars.append(...[...barOf.values()].map(({ row }) => row));
  const stateOf = new Map(
    MODALITY_NAMES.map(([modality, text]) => {
      const row = element('li', `modality modality-${modality}`);
      const state = document.createElement('b');
      row.append(`${text} `, state);
      modalities.append(row);
      return [modality, { row, state }];
    }),
  );
  meter.append(header, reading, waiting, bars, modalities, error, spoken);
  root.append(meter);

  let spokenAtMs = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let said: UtteranceEmotion | null = null;

  const announce = (score: UtteranceEmotion): void => {
    if (said === score) return;
    said = score;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        spokenAtMs = performance.now();
        const mood = `${EMOTION_NAMES[score.emotion.label]}, ${sentimentWord(score.sentiment.score)}`;
        spoken.textContent = `${participantName(score.participant)}: ${mood}`;
      },
      Math.max(0, spokenAtMs + QUIET_MS - performance.now()),
    );
  };

  const showScore = (score: UtteranceEmotion): void => {
    const { emotion } = score;
    meter.className = `meter ${emotion.label}`;
    name.textContent = participantName(score.participant);
    label.textContent = EMOTION_NAMES[emotion.label];
    confidence.textContent = `${percent(emotion.confidence)} sure`;
    sentiment.textContent = sentimentText(score.sentiment.score);
    revision.textContent = revisionText(score);
    for (const [of, bar] of barOf) bar.show(emotion.probabilities[of], of === emotion.label);
    for (const [modality, { row, state }] of stateOf) {
      state.textContent = modalityText(score.modalities[modality]);
      row.classList.toggle('unheard', score.modalities[modality].contribution === 0);
    }
  };

  return {
    show(session, score) {
      status.textContent = STATUS_NAMES[session.status];
      status.className = `status status-${session.status}`;
      error.textContent = session.status === 'failed' ? (session.error?.message ?? '') : '';
      error.hidden = error.textContent === '';
      for (const part of [reading, bars, modalities]) part.hidden = score === null;
      waiting.hidden = score !== null;
      waiting.textContent = 'Nothing said yet';
      if (score === null) return;
      showScore(score);
      if (session.status === 'live') announce(score);
    },
    stop: () => clearTimeout(timer),
  };
}

function createBar(emotion: EmotionLabel): { row: HTMLElement; show(share: number, isTop: boolean): void } {
  const row = element('li', `bar bar-${emotion}`, {}, `bar ${emotion}`);
  const text = document.createElement('span');
  text.textContent = EMOTION_NAMES[emotion];
  text.setAttribute('aria-hidden', 'true');
  const track = element('div', 'track', {
    role: 'meter',
    'aria-label': EMOTION_NAMES[emotion],
    'aria-valuemin': '0',
    'aria-valuemax': '100',
  });
  const fill = element('div', 'share');
  const value = element('span', 'value', { 'aria-hidden': 'true' });
  track.append(fill);
  row.append(text, track, value);
  return {
    row,
    show(share, isTop) {
      fill.style.setProperty('--share', String(share));
      value.textContent = percent(share);
      track.setAttribute('aria-valuenow', String(Math.round(share * 100)));
      track.setAttribute('aria-valuetext', percent(share));
      row.classList.toggle('top', isTop);
    },
  };
}

function element(
  tag: string,
  part: string,
  attributes: Readonly<Record<string, string>> = {},
  className = part,
): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.setAttribute('part', part);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
