/** Longest text that may be a time, in characters. */
const MAX_TIME_LENGTH = 24;
/** No recording is longer than 100 days, in ms. */
export const MAX_TIME_MS = 100 * 24 * 3_600_000;

/**
 * A time as people and programs write it in transcripts: hours may be missing, the fraction may have any number of
 * digits after a dot or a comma, or be missing. In ms. Null: it is not a time.
 */
export function parseTime(text: string): number | null {
  const written = text.trim();
  if (written.length > MAX_TIME_LENGTH) return null;
  const match = /^(?:(?:(\d+):)?(\d+):)?(\d+)(?:[.,](\d*))?$/.exec(written);
  if (match === null) return null;
  const [hours, minutes, seconds] = [match[1], match[2], match[3]].map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
  ];
  if (match[2] !== undefined && seconds > 59) return null;
  if (match[1] !== undefined && minutes > 59) return null;
  const ms = Math.round(Number(`0.${match[4] === undefined || match[4] === '' ? '0' : match[4]}`) * 1000);
  const timeMs = ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms;
  return timeMs <= MAX_TIME_MS ? timeMs : null;
}
