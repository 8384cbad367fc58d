import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { parseDurationMs } from './duration.ts';

export type AudioHookChannel = 'external' | 'internal';

/** One media format, offered by the client and selected by the server. 8 kHz, channels interleaved. */
export interface AudioHookMedia {
  readonly type: 'audio';
  readonly format: 'PCMU' | 'L16';
  readonly channels: readonly AudioHookChannel[];
  readonly rate: 8000;
}

export interface AudioHookOpen {
  readonly organizationId: string;
  readonly conversationId: string;
  readonly participantId: string;
  /** The caller's name. Empty if the platform knows none. */
  readonly aniName: string;
  readonly media: readonly AudioHookMedia[];
  /** Sessions that this one continues after a `reconnect`. */
  readonly continuedSessionIds: readonly string[];
  readonly customConfig: ForeignObject;
}

export const CLOSE_REASONS = ['end', 'error', 'disconnect', 'reconnect'] as const;
export type AudioHookCloseReason = (typeof CLOSE_REASONS)[number];

/** Fields that every client message carries. */
export interface AudioHookEnvelope {
  readonly id: string;
  readonly type: string;
  readonly seq: number;
  readonly serverseq: number;
  /** Position of the client's audio, in ms. */
  readonly positionMs: number;
  readonly parameters: ForeignObject;
}

/** Reads the fields that every message carries. Null if one is missing. */
export function parseEnvelope(value: unknown): AudioHookEnvelope | null {
  const message = objectOf(value);
  const id = textOf(message.id, 64);
  const type = textOf(message.type, 64);
  const [seq, serverseq] = [message.seq, message.serverseq].map(sequenceOf) as [number | null, number | null];
  const positionMs = parseDurationMs(message.position);
  const { parameters } = message;
  const complete = typeof parameters === 'object' && parameters !== null && !Array.isArray(parameters);
  if (message.version !== '2' || id === null || type === null || seq === null || serverseq === null) return null;
  return positionMs === null || !complete
    ? null
    : { id, type, seq, serverseq, positionMs, parameters: parameters as ForeignObject };
}

/** Reads the parameters of `open`. Null if a required one is missing. */
export function parseOpen(parameters: ForeignObject): AudioHookOpen | null {
  const organizationId = textOf(parameters.organizationId, 64);
  const conversationId = textOf(parameters.conversationId, 64);
  const participant = objectOf(parameters.participant);
  const participantId = textOf(participant.id, 64);
  if (organizationId === null || conversationId === null || participantId === null) return null;
  if (!Array.isArray(parameters.media)) return null;
  return {
    organizationId,
    conversationId,
    participantId,
    aniName: textOf(participant.aniName) ?? '',
    media: parameters.media.map(parseMedia).filter((media) => media !== null),
    continuedSessionIds: listOf(parameters.continuedSessions)
      .map((session) => textOf(objectOf(session).id, 64))
      .filter((id) => id !== null),
    customConfig: objectOf(parameters.customConfig),
  };
}

/** Audio that was skipped or discarded: `discardedMs` from `startMs` on. Null if the message does not say. */
export function parseDiscarded(parameters: ForeignObject): { startMs: number; discardedMs: number } | null {
  const startMs = parseDurationMs(parameters.start);
  const discardedMs = parseDurationMs(parameters.discarded);
  return startMs === null || discardedMs === null ? null : { startMs, discardedMs };
}

/**
 * Selects the format to listen to. Both parties come first, then the outside party, then the house. Among equals, the
 * format that needs less bandwidth wins. Undefined if none can be used.
 */
export function selectMedia(offered: readonly AudioHookMedia[]): AudioHookMedia | undefined {
  const worth = ({ channels, format }: AudioHookMedia) =>
    4 * channels.length + (channels.includes('external') ? 2 : 0) + (format === 'PCMU' ? 1 : 0);
  return [...offered].sort((a, b) => worth(b) - worth(a))[0];
}

/** Null for formats that this server cannot read. The client may offer others too. */
function parseMedia(value: unknown): AudioHookMedia | null {
  const { type, format, rate, channels } = objectOf(value);
  const names = listOf(channels).filter((name) => name === 'external' || name === 'internal');
  const readable =
    type === 'audio' &&
    (format === 'PCMU' || format === 'L16') &&
    rate === 8000 &&
    names.length > 0 &&
    names.length <= 2;
  return readable && names.length === listOf(channels).length && new Set(names).size === names.length
    ? { type, format, channels: names, rate }
    : null;
}

function sequenceOf(value: unknown): number | null {
  const number = typeof value === 'number' ? numberOf(value) : null;
  return number !== null && Number.isSafeInteger(number) && number >= 0 ? number : null;
}
