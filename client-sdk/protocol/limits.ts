/** Longest session, participant and track identifier, in characters. */
export const MAX_ID_LENGTH = 64;

/** Longest session title, in characters. */
export const MAX_TITLE_LENGTH = 200;

/** Longest display name of a participant, in characters. */
export const MAX_DISPLAY_NAME_LENGTH = 100;

/** Longest text of one transcript segment, in characters. */
export const MAX_TRANSCRIPT_LENGTH = 10_000;

/** Most transcript tracks that one recogniser's message may be for. */
export const MAX_RESULT_TRACKS = 8;

/** Largest track number: it is a 16-bit field of the binary packet. */
export const MAX_TRACK = 0xffff;

/** Latest media time, in ms: seven days after the session's first frame. */
export const MAX_MEDIA_TIME_MS = 7 * 24 * 60 * 60 * 1000;

/** Lowest accepted sample rate of an audio track, in Hz. */
export const MIN_SAMPLE_RATE_HZ = 8000;

/** Highest accepted sample rate of an audio track, in Hz. */
export const MAX_SAMPLE_RATE_HZ = 96_000;
