/** Units of the integers that results are stored in, per 1. */
export const CONFIDENCE_UNITS = 10_000;
export const SENTIMENT_UNITS = 1000;

/** Utterances that a run can have in the index. */
const IDS_PER_RUN = 2 ** 20;

/** The first id of a run's utterances. Those of the next run begin where this run's end. */
export function firstIdOf(runKey: number): number {
  return runKey * IDS_PER_RUN;
}

/** The run that an utterance belongs to. */
export function runKeyOf(utteranceId: number): number {
  return Math.floor(utteranceId / IDS_PER_RUN);
}
