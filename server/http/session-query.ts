import {
  EMOTION_LABELS,
  type EmotionLabel,
  isId,
  PARTICIPANT_ROLES,
  type ParticipantRole,
} from '../../client-sdk/protocol/index.ts';
import type { RunState, SessionQuery } from '../history/history-store.ts';

/** The conditions of a search, as a query string has them. */
export const CONDITIONS = [
  'state',
  'from',
  'to',
  'participant',
  'role',
  'label',
  'minConfidence',
  'text',
  'cursor',
  'limit',
] as const;

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
/** Length of a search's text, in UTF-16 code units. */
const MAX_TEXT = 200;
const STATES: readonly RunState[] = ['live', 'interrupted', 'ended'];
/** A date, or a date with a time and a zone, of ISO 8601. */
const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** What is wrong with a query. Its message names the parameter. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
}

/** A query string, as Fastify parses it. A parameter that occurs twice is an array. */
export type QueryString = Readonly<Record<string, unknown>>;

/**
 * Reads a search for sessions.
 *
 * @param others - further parameters that the route knows.
 * @throws QueryError when a parameter is unknown, occurs twice or has a wrong value.
 */
export function parseSessionQuery(query: QueryString, others: readonly string[] = []): SessionQuery {
  const read = readerOf(query, [...CONDITIONS, ...others]);
  return {
    limit: read('limit', wholeNumber(1, MAX_LIMIT)) ?? DEFAULT_LIMIT,
    ...optional('state', read('state', oneOf(STATES))),
    ...optional('fromMs', read('from', time)),
    ...optional('toMs', read('to', time)),
    ...optional('participant', read('participant', id)),
    ...optional('role', read('role', oneOf<ParticipantRole>(PARTICIPANT_ROLES))),
    ...optional('label', read('label', oneOf<EmotionLabel>(EMOTION_LABELS))),
    ...optional('minConfidence', read('minConfidence', probability)),
    ...optional('text', read('text', searchText)),
    ...optional('cursor', read('cursor', wholeNumber(0, Number.MAX_SAFE_INTEGER))),
  };
}

/**
 * Reads one parameter whose values are listed.
 *
 * @throws QueryError
 */
export function parseChoice<T extends string>(query: QueryString, name: string, choices: readonly T[], other: T): T {
  return readerOf(query, Object.keys(query))(name, oneOf(choices)) ?? other;
}

/** Turns a parameter's text into its value, or says what is expected. */
type Parse<T> = (text: string) => T | { readonly expected: string };

function readerOf(query: QueryString, known: readonly string[]) {
  for (const name of Object.keys(query)) {
    if (!known.includes(name)) throw new QueryError(`there is no parameter ${printable(name)}`);
  }
  return <T extends string | number>(name: string, parse: Parse<T>): T | undefined => {
    const text = query[name];
    if (text === undefined || text === '') return undefined;
    if (typeof text !== 'string') throw new QueryError(`${name} may occur once`);
    const value = parse(text);
    if (typeof value === 'object') throw new QueryError(`${name} must be ${value.expected}`);
    return value;
  };
}

/** A name that the client chose, as it may be repeated to it. */
function printable(name: string): string {
  return /^\w{1,40}$/.test(name) ? `"${name}"` : 'of this name';
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [key in K]?: V };
}

function oneOf<T extends string>(choices: readonly T[]): Parse<T> {
  return (text) => choices.find((choice) => choice === text) ?? { expected: `one of ${choices.join(', ')}` };
}

function wholeNumber(min: number, max: number): Parse<number> {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : { expected: `a whole number from ${min} to ${max}` };
  };
}

const probability: Parse<number> = (text) => {
  const value = /^\d(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  return value <= 1 ? value : { expected: 'a number from 0 to 1' };
};

const time: Parse<number> = (text) => {
  const value = TIME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(value) ? { expected: 'a time such as 2026-01-31 or 2026-01-31T09:30:00Z' } : value;
};

const id: Parse<string> = (text) => (isId(text) ? text : { expected: 'an id: 1 to 64 of A-Z a-z 0-9 . _ -' });

const searchText: Parse<string> = (text) =>
  text.length <= MAX_TEXT ? text : { expected: `at most ${MAX_TEXT} characters` };
