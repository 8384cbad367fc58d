import {
  EMOTION_LABELS,
  type EmotionEvent,
  type EmotionLabel,
  type EvidenceSet,
  type ModalityReport,
  type Participant,
  type UtteranceEmotion,
} from '../../../client-sdk/protocol/index.ts';
import { explanationOf } from './explanation.ts';

export const CUSTOMER: Participant = { id: 'customer', role: 'customer', displayName: 'Marta Lind' };
export const AGENT: Participant = { id: 'agent', role: 'agent', displayName: null };

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

interface Line {
  readonly who: Participant;
  readonly emotion: EmotionLabel;
  readonly sentiment: number;
  readonly text: string | null;
}

const LINES: readonly Line[] = [
  {
    who: AGENT,
    emotion: 'joy',
    sentiment: 1.4,
    text: 'Good morning, thank you for calling. How can I help you today?',
  },
  { who: CUSTOMER, emotion: 'neutral', sentiment: -0.4, text: 'Yes, hello. It is about my invoice.' },
  { who: CUSTOMER, emotion: 'anger', sentiment: -1.9, text: 'You charged me twice, and nobody answers my letters!' },
  { who: AGENT, emotion: 'surprise', sentiment: -0.3, text: 'Oh! I am sorry to hear that. Let me look at it.' },
  {
    who: CUSTOMER,
    emotion: 'anger',
    sentiment: -2.6,
    text: 'This is the third time that I explain all of this to somebody.',
  },
  { who: AGENT, emotion: 'sadness', sentiment: -1.1, text: 'I understand. That should not have happened.' },
  { who: CUSTOMER, emotion: 'disgust', sentiment: -1.8, text: 'And then that letter, with its tone. Really.' },
  { who: AGENT, emotion: 'neutral', sentiment: 0.2, text: 'I see both payments here. One of them is ours to return.' },
  { who: CUSTOMER, emotion: 'fear', sentiment: -1.2, text: 'So I will not be cut off on Friday?' },
  { who: AGENT, emotion: 'neutral', sentiment: 0.6, text: 'No. I have stopped that just now.' },
  { who: CUSTOMER, emotion: 'surprise', sentiment: 0.8, text: 'Just like that?' },
  { who: AGENT, emotion: 'joy', sentiment: 1.6, text: 'Just like that. The money is back with you on Thursday.' },
  { who: CUSTOMER, emotion: 'joy', sentiment: 2.3, text: 'Oh, that is wonderful. Thank you so much!' },
  { who: CUSTOMER, emotion: 'neutral', sentiment: 0.4, text: null },
];

export interface SyntheticCallOptions {
  readonly sessionId: string;
  readonly title: string | null;
  readonly startedAt: string;
  readonly utteranceCount: number;
  /** Default true. */
  readonly isEnded?: boolean;
  /**
   * Adds `certain`, dissatisfaction and the baselines of the voices, as a model with operating points does. Default
   * false.
   */
  readonly isJudged?: boolean;
}

/** A synthetic call with every event type, modality state and revision. The same options give the same events. */
export function syntheticCall(options: SyntheticCallOptions): EmotionEvent[] {
  const { sessionId, title, startedAt, utteranceCount, isEnded = true, isJudged = false } = options;
  const heard = new Map<string, number>();
  const random = createRandom(7);
  const events: EmotionEvent[] = [];
  const envelope = (mediaTimeMs: number) => ({
    sessionId,
    sequence: events.length + 1,
    mediaTimeMs: Math.round(mediaTimeMs),
    traceparent: TRACEPARENT,
  });
  events.push({ ...envelope(0), type: 'session.started', startedAt, title, modelId: 'undertone-mini@0.1.0' });
  let timeMs = 800;
  for (let at = 0; at < utteranceCount; at += 1) {
    const line = LINES[at % LINES.length]!;
    const startMs = Math.round(timeMs);
    const endMs = Math.round(startMs + 1400 + random() * 3200);
    const utteranceId = `${line.who.id}-${startMs}`;
    const base = { utteranceId, participant: line.who, startMs, endMs };
    events.push({ ...envelope(startMs), type: 'utterance.started', utteranceId, participant: line.who, startMs });
    if (at % 29 === 20) {
      const message = 'The model was too busy to score this utterance.';
      events.push({
        ...envelope(endMs),
        type: 'utterance.failed',
        ...base,
        revision: 0,
        code: 'model-overloaded',
        message,
      });
    } else {
      const earlier = heard.get(line.who.id) ?? 0;
      heard.set(line.who.id, earlier + 1);
      const tell = (made: Score): Score => (isJudged ? judged(made, earlier) : made);
      const first = tell(score(line, random, 0, at));
      events.push({ ...envelope(endMs + 300), type: 'utterance.emotion', ...base, ...first });
      if (line.text !== null) {
        const revised = tell(score(line, random, 1, at));
        events.push({ ...envelope(endMs + 900), type: 'utterance.emotion', ...base, ...revised });
      }
    }
    timeMs = endMs + 500 + random() * 1500;
  }
  if (isEnded) {
    const end = envelope(timeMs + 500);
    events.push({ ...end, type: 'session.ended', reason: 'completed', durationMs: end.mediaTimeMs, utteranceCount });
  }
  return events;
}

type Score = Pick<
  UtteranceEmotion,
  | 'revision'
  | 'endedBy'
  | 'emotion'
  | 'sentiment'
  | 'dissatisfaction'
  | 'modalities'
  | 'transcript'
  | 'explanation'
  | 'modelId'
  | 'latencyMs'
>;

function score(line: Line, random: () => number, revision: number, at: number): Score {
  const strength = revision === 0 ? 0.35 + random() * 0.2 : 0.55 + random() * 0.35;
  const rest = EMOTION_LABELS.map((label) =>
    label === line.emotion ? 0 : 0.1 + random() * (label === 'neutral' ? 2 : 1),
  );
  const total = rest.reduce((sum, value) => sum + value, 0);
  const probabilities = Object.fromEntries(
    EMOTION_LABELS.map((label, index) => [
      label,
      label === line.emotion ? strength : (rest[index]! / total) * (1 - strength),
    ]),
  ) as Record<EmotionLabel, number>;
  const label = EMOTION_LABELS.reduce((best, other) => (probabilities[other] > probabilities[best] ? other : best));
  const sentiment = line.sentiment * (revision === 0 ? 0.5 : 1);
  const weights = [-3, -2, -1, 0, 1, 2, 3].map((value) => Math.exp(-((value - sentiment) ** 2)));
  const weightSum = weights.reduce((sum, value) => sum + value, 0);
  return {
    revision,
    endedBy: 'silence',
    emotion: { label, confidence: probabilities[label], probabilities },
    sentiment: { score: sentiment, probabilities: weights.map((weight) => weight / weightSum) },
    modalities: modalities(line, revision, at),
    transcript: revision > 0 && line.text !== null ? { text: line.text } : null,
    ...(revision > 0 && line.text !== null && { explanation: explanationOf(line.text, setShares(line)) }),
    modelId: 'undertone-mini@0.1.0',
    latencyMs: 60 + random() * 120,
  };
}

/**
 * Thresholds: the confidence from which a label is certain, and the probability from which dissatisfaction is likely.
 */
const CERTAIN_FROM = 0.66;
const LIKELY_FROM = 0.6;

/** The score of a model that has operating points and compares a voice with `earlier` utterances. */
function judged(made: Score, earlier: number): Score {
  const { emotion, sentiment, transcript, modalities: reports } = made;
  const probability = 1 / (1 + Math.exp(2 + 1.6 * sentiment.score));
  return {
    ...made,
    emotion: { ...emotion, certain: emotion.confidence >= CERTAIN_FROM },
    ...(transcript !== null && { dissatisfaction: { probability, likely: probability >= LIKELY_FROM } }),
    modalities: {
      ...reports,
      audio: { ...reports.audio, ...(earlier > 0 && { baseline: { utterances: earlier } }) },
    },
  };
}

function setShares(line: Line): Partial<Record<EvidenceSet, number>> {
  if (line.who.id !== CUSTOMER.id) return { text: 0.52, audio: -0.14, 'text-audio': 0.34 };
  return { text: 0.4, audio: 0.17, video: -0.1, 'text-video': 0.14, 'audio-video': 0.07, 'pairs-of-text': 0.12 };
}

function modalities(line: Line, revision: number, at: number): Record<'text' | 'audio' | 'video', ModalityReport> {
  const hasText = revision > 0;
  const hasFace = line.who.id === CUSTOMER.id;
  const text: ModalityReport = hasText
    ? { state: 'ok', contribution: 0.5, quality: null }
    : { state: line.text === null ? 'absent' : 'late', contribution: 0, quality: null };
  const video: ModalityReport = hasFace
    ? { state: 'ok', contribution: hasText ? 0.15 : 0.3, quality: 0.8 }
    : { state: 'absent', contribution: 0, quality: null };
  const isNoisy = at % 5 === 4;
  const audio: ModalityReport = {
    state: isNoisy ? 'noisy' : 'ok',
    contribution: 1 - text.contribution - video.contribution,
    quality: isNoisy ? 0.3 : 0.9,
  };
  return { text, audio, video };
}

/** Mulberry32: a small generator with even results that are the same on every machine. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
