/**
 * Why the server dropped one message or packet and went on: the `code` of an `error` with `fatal: false`,
 * and what each means. Fatal errors carry a key of {@link CLOSE_CODES} instead.
 */
export const REFUSAL_CODES = {
  'malformed-message': 'The text message is not JSON, or a field is missing or invalid.',
  'unknown-message': 'The server does not know this type of message.',
  'misplaced-message': 'The message came where the protocol does not allow it, such as a second session.start.',
  'oversized-message': 'The message or packet is larger than the limits in session.ready.',
  'malformed-packet':
    'The binary packet is truncated, padded, empty, of an unknown kind or without a valid media time.',
  'unknown-track': 'The track was never added, or has ended.',
  'duplicate-track': 'The track number is taken, or the participant already has a track of this kind.',
  'participant-taken': 'The participant belongs to another publisher; choose another id.',
  'too-many-tracks': 'The session already has as many tracks as session.ready allows.',
  'too-many-participants': 'The access token already brings as many participants into the session as it may.',
  'wrong-media': 'The message or packet does not fit the media that the track was added with.',
  'bad-samples': 'The samples are not finite numbers, or their bytes are not whole sample frames.',
  'bad-image': 'The payload is not a picture of the announced encoding, or has too many pixels.',
  'unknown-source': 'The server reads no messages of the recogniser that is named as the source.',
  'unreadable-result': 'The result is not a message of the recogniser that is named as its source.',
  'bad-time': 'The media time lies before what the track has already settled, or far ahead of the call.',
  overloaded: 'The server is behind and dropped this packet to stay in real time.',
} as const satisfies Readonly<Record<string, string>>;

/** A key of {@link REFUSAL_CODES}. */
export type RefusalCode = keyof typeof REFUSAL_CODES;
