import type { CloseReason } from './close-codes.ts';

/** What is wrong with a message or packet. */
export type ProtocolErrorCode =
  /** The text is not JSON. */
  | 'not-json'
  /** The message, or a part of it, is not an object. */
  | 'not-an-object'
  /** `type` is missing or none of the expected ones. */
  | 'unknown-type'
  /** `version`, or a packet's first byte, is not the supported one. */
  | 'unsupported-version'
  /** A required field is missing. */
  | 'missing-field'
  /** A field has the wrong type, or lies outside its range, length or characters. */
  | 'invalid-field'
  /** A packet is shorter than its header, or than its header says. */
  | 'truncated-packet'
  /** Bytes follow the payload. */
  | 'trailing-bytes'
  /** A packet without payload. */
  | 'empty-payload'
  /** The recogniser that is named as the source of a `transcript.result` is not known. */
  | 'unknown-source'
  /** A packet's kind is neither audio nor video. */
  | 'unknown-kind'
  /** A packet's media time is not finite or out of range. */
  | 'invalid-media-time'
  /** The message or packet is larger than its receiver's limit. */
  | 'too-large'
  /** The message is well-formed, but came where the protocol does not allow it. */
  | 'unexpected-message';

/** Something received breaks the protocol. The message names fields and limits, never what was received. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;
  /** Path of the offending field, such as `media.sampleRateHz`; null when no single field is to blame. */
  readonly field: string | null;

  constructor(code: ProtocolErrorCode, message: string, field: string | null = null) {
    super(message);
    this.code = code;
    this.field = field;
  }

  /** The reason to close the connection with, where the receiver does not go on. */
  get closeReason(): CloseReason {
    switch (this.code) {
      case 'unsupported-version':
      case 'too-large':
      case 'unexpected-message':
        return this.code;
      default:
        return 'malformed';
    }
  }

  /** @param field - path of what is not an object; null for the message itself. */
  static notAnObject(field: string | null): ProtocolError {
    return new ProtocolError('not-an-object', `${field ?? 'The message'} must be a JSON object.`, field);
  }

  /** @param expected - the types that would do. */
  static unknownType(expected: readonly string[]): ProtocolError {
    return new ProtocolError('unknown-type', `type must be one of ${expected.join(', ')}.`, 'type');
  }

  /** @param field - path of what is missing. */
  static missingField(field: string): ProtocolError {
    return new ProtocolError('missing-field', `${field} is missing.`, field);
  }

  /** @param requirement - what the field must be, as in `a whole number from 0 to 65535`. */
  static invalidField(field: string, requirement: string): ProtocolError {
    return new ProtocolError('invalid-field', `${field} must be ${requirement}.`, field);
  }
}
