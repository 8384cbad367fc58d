import {
  type DissatisfactionScore,
  type EmotionEvent,
  type EmotionScore,
  MODALITIES,
  modalityReasonName,
  participantName,
  type UtteranceTranscript,
} from '../../client-sdk/protocol/index.ts';
import { toClockTime } from '../clock-time.ts';
import { printable } from '../printable.ts';

/** An event as one line for people. Empty for events that a reader of a finished recording does not need. */
export function describeEvent(event: EmotionEvent): string {
  if (event.type === 'utterance.failed')
    return `${toClockTime(event.startMs)}  ${printable(participantName(event.participant))}  not scored: ${printable(event.message)}${quote(event.transcript)}\n`;
  if (event.type === 'session.ended') return `${event.utteranceCount} utterances in ${toClockTime(event.durationMs)}\n`;
  if (event.type !== 'utterance.emotion') return '';
  const { emotion, sentiment, dissatisfaction, modalities, transcript } = event;
  const heard = MODALITIES.filter((m) => modalities[m].contribution > 0).map(
    (m) => `${m} ${Math.round(modalities[m].contribution * 100)} %`,
  );
  for (const modality of MODALITIES) {
    const reason = modalityReasonName(modalities[modality].reason);
    if (reason !== undefined) heard.push(`${modality}: ${reason}`);
  }
  const score = `${sentiment.score < 0 ? '−' : '+'}${Math.abs(sentiment.score).toFixed(1)}`;
  const revised = event.revision > 0 ? ` (revision ${event.revision})` : '';
  const parts = [
    toClockTime(event.startMs),
    printable(participantName(event.participant)),
    describeEmotion(emotion),
    `sentiment ${score}`,
  ];
  if (dissatisfaction !== undefined) parts.push(describeDissatisfaction(dissatisfaction));
  return `${parts.join('  ')}  [${heard.join(', ')}]${revised}${quote(transcript)}\n`;
}

function describeEmotion({ label, confidence, certain }: EmotionScore): string {
  return `${certain === false ? 'unclear, perhaps ' : ''}${label} ${Math.round(confidence * 100)} %`;
}

function describeDissatisfaction({ probability, likely }: DissatisfactionScore): string {
  return `dissatisfaction ${Math.round(probability * 100)} %${likely ? ', likely' : ''}`;
}

function quote(transcript: UtteranceTranscript | null | undefined): string {
  return transcript ? `  “${printable(transcript.text)}”` : '';
}
