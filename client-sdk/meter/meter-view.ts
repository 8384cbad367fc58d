/// <reference lib="dom" preserve="true" />

import {
  EMOTION_LABELS,
  EMOTION_NAMES,
  type EmotionLabel,
  MODALITY_NAMES,
  MODALITY_ORDER,
  participantName,
  type UtteranceEmotion,
} from '../protocol/index.ts';
import type { FollowedSession } from '../subscribe/session-store.ts';
import { METER_STYLE } from './meter-style.ts';
import {
  confidenceText,
  dissatisfactionText,
  emotionText,
  modalityText,
  moodText,
  percent,
  revisionText,
  STATUS_NAMES,
  sentimentText,
} from './meter-words.ts';

/** Shortest time between two announcements, ms: a lively call must not talk over the person listening. */
const QUIET_MS = 5000;

/** What an `<undertone-meter>` shows, in its shadow root. */
export interface MeterView {
  show(session: FollowedSession, reading: UtteranceEmotion | null): void;
  /** Cancels the waiting announcement. */
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
  const barOf = new Map(EMOTION_LABELS.map((emotion) => [emotion, createEmotionBar(emotion)]));
  bars.append(...[...barOf.values()].map(({ row }) => row));
  const dissatisfaction = createBar('div', 'dissatisfaction', 'Dissatisfaction');
  const stateOf = new Map(
    MODALITY_ORDER.map((modality) => {
      const row = element('li', `modality modality-${modality}`);
      const state = document.createElement('b');
      row.append(`${MODALITY_NAMES[modality]} `, state);
      modalities.append(row);
      return [modality, { row, state }] as const;
    }),
  );
  meter.append(header, reading, waiting, bars, dissatisfaction.row, modalities, error, spoken);
  root.append(meter);

  let spokenAtMs = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let said: UtteranceEmotion | null = null;
  let isJudged = false;

  const announce = (score: UtteranceEmotion): void => {
    if (said === score) return;
    said = score;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        spokenAtMs = performance.now();
        spoken.textContent = moodText(score);
      },
      Math.max(0, spokenAtMs + QUIET_MS - performance.now()),
    );
  };

  const showScore = (score: UtteranceEmotion): void => {
    const { emotion } = score;
    const isUnclear = emotion.certain === false;
    meter.className = `meter ${isUnclear ? 'unclear' : emotion.label}`;
    name.textContent = participantName(score.participant);
    label.textContent = emotionText(emotion);
    confidence.textContent = confidenceText(emotion);
    sentiment.textContent = sentimentText(score.sentiment.score);
    revision.textContent = revisionText(score);
    for (const [of, bar] of barOf) {
      const share = emotion.probabilities[of];
      bar.show(share, percent(share), !isUnclear && of === emotion.label);
    }
    // Once shown it keeps its place, so that the next utterance, which has no words yet, does not move the layout.
    isJudged ||= score.dissatisfaction !== undefined;
    dissatisfaction.row.hidden = !isJudged;
    const { probability = 0, likely = false } = score.dissatisfaction ?? {};
    dissatisfaction.show(probability, dissatisfactionText(score), likely);
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
      if (score === null) {
        isJudged = false;
        dissatisfaction.row.hidden = true;
        return;
      }
      showScore(score);
      if (session.status === 'live') announce(score);
    },
    stop: () => clearTimeout(timer),
  };
}

interface Bar {
  readonly row: HTMLElement;
  /** @param text - label of the bar, also for screen readers. */
  show(share: number, text: string, isTop: boolean): void;
}

function createEmotionBar(emotion: EmotionLabel): Bar {
  return createBar('li', `bar bar-${emotion}`, EMOTION_NAMES[emotion], `bar ${emotion}`);
}

function createBar(tag: string, part: string, name: string, className = `bar ${part}`): Bar {
  const row = element(tag, part, {}, className);
  const text = document.createElement('span');
  text.textContent = name;
  text.setAttribute('aria-hidden', 'true');
  const track = element('div', 'track', {
    role: 'meter',
    'aria-label': name,
    'aria-valuemin': '0',
    'aria-valuemax': '100',
  });
  const fill = element('div', 'share');
  const value = element('span', 'value', { 'aria-hidden': 'true' });
  track.append(fill);
  row.append(text, track, value);
  return {
    row,
    show(share, told, isTop) {
      fill.style.setProperty('--share', String(share));
      value.textContent = told;
      track.setAttribute('aria-valuenow', String(Math.round(share * 100)));
      track.setAttribute('aria-valuetext', told);
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
