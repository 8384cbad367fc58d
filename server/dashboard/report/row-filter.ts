import type { EmotionLabel } from '../../../client-sdk/protocol/index.ts';
import { isUnclear } from '../state/certainty.ts';
import type { ReportUtterance } from './report-data.ts';

/** Which utterances the transcript shows. */
export interface RowFilter {
  /** Part of the words, in any case. Empty: all. */
  readonly search: string;
  /** Id of the participant. Null: all. */
  readonly speakerId: string | null;
  /** `unclear`: answers that are not certain. `dissatisfied`: dissatisfaction is likely. Null: all. */
  readonly feeling: EmotionLabel | 'unclear' | 'dissatisfied' | null;
}

export const EVERY_ROW: RowFilter = { search: '', speakerId: null, feeling: null };

/** The utterances that the filter lets through. */
export function filterRows(utterances: readonly ReportUtterance[], filter: RowFilter): readonly ReportUtterance[] {
  const search = filter.search.trim().toLowerCase();
  if (search === '' && filter.speakerId === null && filter.feeling === null) return utterances;
  return utterances.filter(
    (utterance) =>
      (filter.speakerId === null || utterance.participant.id === filter.speakerId) &&
      (filter.feeling === null || feels(utterance, filter.feeling)) &&
      (search === '' || utterance.text?.toLowerCase().includes(search) === true),
  );
}

function feels({ score }: ReportUtterance, feeling: NonNullable<RowFilter['feeling']>): boolean {
  if (score === null) return false;
  if (feeling === 'dissatisfied') return score.dissatisfaction?.likely === true;
  if (feeling === 'unclear') return isUnclear(score.emotion);
  return score.emotion.label === feeling && !isUnclear(score.emotion);
}

/** A piece of a text, and whether it is what was searched for. */
export interface FoundPiece {
  readonly text: string;
  readonly isFound: boolean;
}

/** Splits a text at what was searched for. The joined pieces give the text. */
export function findPieces(text: string, search: string): FoundPiece[] {
  const sought = search.trim().toLowerCase();
  const lower = text.toLowerCase();
  // A few letters change their length in lower case. Then the places would be wrong.
  if (sought === '' || lower.length !== text.length) return [{ text, isFound: false }];
  const pieces: FoundPiece[] = [];
  let at = 0;
  for (let found = lower.indexOf(sought); found >= 0; found = lower.indexOf(sought, at)) {
    if (found > at) pieces.push({ text: text.slice(at, found), isFound: false });
    at = found + sought.length;
    pieces.push({ text: text.slice(found, at), isFound: true });
  }
  if (at < text.length) pieces.push({ text: text.slice(at), isFound: false });
  return pieces;
}
