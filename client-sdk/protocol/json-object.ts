import { isEpoch, parsePosition } from './event-position.ts';
import { MAX_ID_LENGTH, MAX_MEDIA_TIME_MS } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';

/** A JSON object whose fields are not yet known, with its path for error messages. */
export interface JsonObject {
  readonly path: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const ID_PATTERN = /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/;
const TRACEPARENT_PATTERN = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

const UTC_TIME_PATTERN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;

/**
 * Reads a text message.
 *
 * @throws {@link ProtocolError} `not-json`.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own error repeats the text, which may be a transcript: it is not kept as the cause.
    throw new ProtocolError('not-json', 'The text is not valid JSON.');
  }
}

export function toObject(value: unknown, path = ''): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw ProtocolError.notAnObject(path === '' ? null : path);
  }
  return { path, fields: value as Readonly<Record<string, unknown>> };
}

function pathOf(object: JsonObject, key: string): string {
  return object.path === '' ? key : `${object.path}.${key}`;
}

/** The field, or undefined where it is missing; inherited properties do not count. */
function field(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object.fields, key) ? object.fields[key] : undefined;
}

function required(object: JsonObject, key: string): unknown {
  const value = field(object, key);
  if (value === undefined) throw ProtocolError.missingField(pathOf(object, key));
  return value;
}

function invalid(object: JsonObject, key: string, requirement: string): ProtocolError {
  return ProtocolError.invalidField(pathOf(object, key), requirement);
}

/** An object with the field under its own name, read with `read`; an empty one where it is missing. To be spread. */
export function optional<K extends string, T>(
  object: JsonObject,
  key: K,
  read: (object: JsonObject, key: string) => T,
): { readonly [key in K]?: T } {
  return field(object, key) === undefined ? {} : ({ [key]: read(object, key) } as { [key in K]: T });
}

/** Reads a field with `read` unless it is null. */
export function nullable<T>(object: JsonObject, key: string, read: (object: JsonObject, key: string) => T): T | null {
  return required(object, key) === null ? null : read(object, key);
}

export function readObject(object: JsonObject, key: string): JsonObject {
  return toObject(required(object, key), pathOf(object, key));
}

export function readArray<T>(object: JsonObject, key: string, read: (value: unknown, path: string) => T): T[] {
  const value = required(object, key);
  if (!Array.isArray(value)) throw invalid(object, key, 'a list');
  return value.map((item, index) => read(item, `${pathOf(object, key)}[${index}]`));
}

/** Text of `minLength`…`maxLength` characters (UTF-16 code units), by default any text. */
export function readText(
  object: JsonObject,
  key: string,
  minLength = 0,
  maxLength: number = Number.POSITIVE_INFINITY,
): string {
  const value = required(object, key);
  if (typeof value !== 'string' || value.length < minLength || value.length > maxLength) {
    throw invalid(object, key, `text of ${minLength} to ${maxLength} characters`);
  }
  return value;
}

export function readId(object: JsonObject, key: string): string {
  const value = required(object, key);
  if (typeof value !== 'string' || value.length > MAX_ID_LENGTH || !ID_PATTERN.test(value)) {
    throw invalid(object, key, `1 to ${MAX_ID_LENGTH} of A-Z a-z 0-9 . _ - and not only dots`);
  }
  return value;
}

/** Whether `value` may identify a session or participant: 1…64 of `A-Z a-z 0-9 . _ -`, but neither `.` nor `..`. */
export function isId(value: string): boolean {
  return value.length <= MAX_ID_LENGTH && ID_PATTERN.test(value);
}

/** The field `epoch` of an event log, where there is one. */
export function readEpoch(object: JsonObject): { readonly epoch?: string } {
  const epoch = field(object, 'epoch');
  if (epoch === undefined) return {};
  if (typeof epoch !== 'string' || !isEpoch(epoch)) throw invalid(object, 'epoch', '1 to 32 of A-Z a-z 0-9 _ -');
  return { epoch };
}

export function readTraceparent(object: JsonObject, key: string): string {
  const value = required(object, key);
  if (typeof value !== 'string' || !TRACEPARENT_PATTERN.test(value)) {
    throw invalid(object, key, 'a W3C trace context of version 00');
  }
  return value;
}

export function readBoolean(object: JsonObject, key: string): boolean {
  const value = required(object, key);
  if (typeof value !== 'boolean') throw invalid(object, key, 'true or false');
  return value;
}

/** Wall-clock time in UTC as ISO 8601. */
export function readUtcTime(object: JsonObject, key: string): string {
  const value = required(object, key);
  if (typeof value !== 'string' || !UTC_TIME_PATTERN.test(value)) throw invalid(object, key, 'an ISO 8601 time in UTC');
  return value;
}

/** A finite number in `minimum`…`maximum`; −0 is 0. */
export function readNumber(object: JsonObject, key: string, minimum: number, maximum: number): number {
  const value = required(object, key);
  if (typeof value !== 'number' || !(value >= minimum && value <= maximum)) {
    throw invalid(object, key, `a number from ${minimum} to ${maximum}`);
  }
  return value + 0;
}

export function readInteger(object: JsonObject, key: string, minimum: number, maximum: number): number {
  const value = required(object, key);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < minimum || value > maximum) {
    throw invalid(object, key, `a whole number from ${minimum} to ${maximum}`);
  }
  return value + 0;
}

export function readMediaTimeMs(object: JsonObject, key: string): number {
  return readNumber(object, key, 0, MAX_MEDIA_TIME_MS);
}

export function readChoice<T extends string>(object: JsonObject, key: string, choices: readonly T[]): T {
  const value = required(object, key);
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw invalid(object, key, `one of ${choices.join(', ')}`);
  return choice;
}

/** A list of at least one of `choices`. */
export function readChoices<T extends string>(object: JsonObject, key: string, choices: readonly T[]): T[] {
  const list = readArray(object, key, (value) => choices.find((candidate) => candidate === value));
  const chosen = list.filter((choice) => choice !== undefined);
  if (chosen.length === 0 || chosen.length < list.length) throw invalid(object, key, `a list of ${choices.join(', ')}`);
  return chosen;
}

/** A place in the stream of all sessions, `<epoch>:<number>`. */
export function readPosition(object: JsonObject, key: string): string {
  const value = required(object, key);
  if (typeof value !== 'string' || (parsePosition(value)?.epoch ?? null) === null) {
    throw invalid(object, key, 'a position such as Zx81:42');
  }
  return value;
}

/** The message's `type`, which must be one of `types`. */
export function readType<T extends string>(object: JsonObject, types: readonly T[]): T {
  const value = field(object, 'type');
  const type = types.find((candidate) => candidate === value);
  if (type === undefined) throw ProtocolError.unknownType(types);
  return type;
}
