/** One row of {@link CLOSE_CODES}. */
export interface CloseCode {
  /** WebSocket close code, 4400…4599. */
  readonly code: number;
  /** Whether the same connection may succeed when tried again later, unchanged. */
  readonly retry: boolean;
  /** What happened and what to do about it, in one sentence. */
  readonly meaning: string;
}

/**
 * Why the server closes a WebSocket, by reason. The reason is also the `code` of the fatal `error` message
 * that precedes the close and the reason string of the close frame. 1000 (normal) and 1001 (going away) keep their
 * meaning from RFC 6455. The last two digits follow HTTP's status where one fits.
 */
export const CLOSE_CODES = {
  malformed: {
    code: 4400,
    retry: false,
    meaning: 'The first message, or a run of messages or packets, is not well-formed; correct the sender.',
  },
  unauthorized: {
    code: 4401,
    retry: false,
    meaning: 'The access token is missing, wrong or expired; connect with a fresh one.',
  },
  'forbidden-origin': {
    code: 4403,
    retry: false,
    meaning: "Pages of this origin may not connect; add it to the server's allowed origins.",
  },
  'unknown-session': {
    code: 4404,
    retry: false,
    meaning: 'The server holds no session with this id; it was never opened or is no longer kept.',
  },
  'unexpected-message': {
    code: 4405,
    retry: false,
    meaning: 'The message is not allowed at this point, such as media before session.start.',
  },
  'unsupported-version': {
    code: 4406,
    retry: false,
    meaning: 'The server does not speak this subprotocol or message version; update the client.',
  },
  idle: {
    code: 4408,
    retry: true,
    meaning: 'The client sent nothing for too long; connect again when there is something to send.',
  },
  'session-taken': {
    code: 4409,
    retry: false,
    meaning: 'The session has ended or another publisher holds it; open a session with another id.',
  },
  'too-large': {
    code: 4413,
    retry: false,
    meaning: 'A message or packet is larger than the limits in session.ready.',
  },
  'too-fast': {
    code: 4429,
    retry: true,
    meaning:
      'The client sent more than a live call can produce, or too many wrong tokens; connect again after a pause.',
  },
  internal: {
    code: 4500,
    retry: true,
    meaning: 'The server had an internal error; connect again after a pause.',
  },
  overloaded: {
    code: 4503,
    retry: true,
    meaning: 'The server is at its limit of sessions or subscribers; connect again after a pause.',
  },
  shutdown: {
    code: 4504,
    retry: true,
    meaning: 'The server is stopping; connect again after a pause.',
  },
} as const satisfies Readonly<Record<string, CloseCode>>;

/** A key of {@link CLOSE_CODES}. */
export type CloseReason = keyof typeof CLOSE_CODES;

/** The reason that a close code stands for, or null for a code that is not in {@link CLOSE_CODES}. */
export function closeReasonOf(code: number): CloseReason | null {
  for (const reason of Object.keys(CLOSE_CODES) as CloseReason[]) {
    if (CLOSE_CODES[reason].code === code) return reason;
  }
  return null;
}
