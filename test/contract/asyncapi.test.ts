import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AsyncAPIDocumentInterface, type MessageInterface, Parser } from '@asyncapi/parser';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  CLOSE_CODES,
  decodeMediaPacket,
  EMOTION_LABELS,
  EVENT_TYPES,
  EVIDENCE_SETS,
  encodeMediaPacket,
  MODALITIES,
  PARTICIPANT_ROLES,
  PUBLISH_SUBPROTOCOL,
  parsePublisherMessage,
  parsePublisherReply,
  parseSubscriberMessage,
  parseSubscriberReply,
  REFUSAL_CODES,
  SESSION_END_REASONS,
  SUBSCRIBE_SUBPROTOCOL,
  TRANSCRIPT_SOURCES,
} from '../../client-sdk/protocol/index.ts';
import { corrupted, problemOf } from '../support/client-sdk/protocol-problems.ts';

type Parse = (value: unknown) => { readonly type: string };

/** The real parser of what each operation carries. */
const PARSERS: Readonly<Record<string, Parse>> = {
  takeMedia: parsePublisherMessage,
  answerPublisher: parsePublisherReply,
  takeSubscription: parseSubscriberMessage,
  sendEvents: parseSubscriberReply,
};

const PACKET_MESSAGE = 'media packet';

/** Fields with a rule that relates them to another field, which a schema does not state. */
const RELATIVE_FIELDS = new Set<string | null>(['endMs', 'toSequence']);

/** The JSON Schema validator that the AsyncAPI parser itself uses. */
const { default: Ajv } = createRequire(import.meta.resolve('@asyncapi/parser'))('ajv') as {
  default: new (options: object) => { compile(schema: object): (value: unknown) => boolean };
};
const ajv = new Ajv({ strict: false });

/** Values near the limits of what fields may hold, besides any JSON. */
const nearby = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(-1, 0, 0.5, 1, 2, 7999, 8000, 96_001, 65_535, 65_536, 604_800_001, 2 ** 53, '', '.', 'a/b', null),
  fc.nat(101).map((length) => 'x'.repeat(length * length)),
  fc.constantFrom('agent', 'boss', 'noisy', 'joy', 'idle', 'jpeg', 'video', 'transcript'),
);

let api: AsyncAPIDocumentInterface;
let problems: string[];

beforeAll(async () => {
  const text = readFileSync(new URL('../../client-sdk/protocol/asyncapi.yaml', import.meta.url), 'utf8');
  const { document, diagnostics } = await new Parser().parse(text);
  problems = diagnostics.map(({ message, path }) => `${path.join('.')}: ${message}`);
  api = document as AsyncAPIDocumentInterface;
});

/** Every text message of every operation, with its schema's verdict and its real parser. */
function textMessages() {
  return Object.entries(PARSERS).flatMap(([operation, parse]) =>
    (api.operations().get(operation)?.messages().all() ?? [])
      .filter((message) => message.name() !== PACKET_MESSAGE)
      .map((message) => ({
        name: message.name(),
        examples: examplesOf(message),
        fits: ajv.compile(message.payload()?.json() as object),
        parse,
      })),
  );
}

function examplesOf(message: MessageInterface | undefined): unknown[] {
  return (message?.examples().all() ?? []).map((example) => example.payload());
}

function schemaOf(name: string): Record<string, unknown> {
  return api.components().schemas().get(name)?.json() as Record<string, unknown>;
}

describe('the AsyncAPI document', () => {
  it('is valid, without a warning', () => {
    expect(problems).toEqual([]);
  });

  it('covers every operation that the parsers know', () => {
    const operations = api.operations().all();
    expect(operations.map((operation) => operation.id()).sort()).toEqual(Object.keys(PARSERS).sort());
    expect(textMessages()).toHaveLength(17);
  });

  it('names every event type and every message once', () => {
    const names = api
      .components()
      .messages()
      .all()
      .map((message) => message.name());
    expect(names).toEqual(expect.arrayContaining([...EVENT_TYPES]));
    expect(new Set(names).size).toBe(names.length);
    for (const { name, examples } of textMessages()) {
      for (const example of examples) expect(example).toHaveProperty('type', name);
    }
  });

  it('names the subprotocols', () => {
    const descriptions = api
      .channels()
      .all()
      .map((channel) => channel.description());
    for (const name of [PUBLISH_SUBPROTOCOL, SUBSCRIBE_SUBPROTOCOL]) {
      expect(descriptions.filter((description) => description?.includes(name))).toHaveLength(1);
    }
  });

  it('has the same close and refusal codes as the code', () => {
    const document = api.json<Record<string, unknown>>();
    expect(document['x-close-codes']).toEqual(CLOSE_CODES);
    expect(document['x-refusal-codes']).toEqual(REFUSAL_CODES);
  });

  it('has the same frozen lists as the code', () => {
    expect(schemaOf('EmotionLabel')).toHaveProperty('enum', [...EMOTION_LABELS]);
    expect(schemaOf('ParticipantRole')).toHaveProperty('enum', [...PARTICIPANT_ROLES]);
    expect(schemaOf('SessionEnded')).toHaveProperty('allOf.1.properties.reason.enum', [...SESSION_END_REASONS]);
    expect(schemaOf('TranscriptResult')).toHaveProperty('properties.source.enum', [...TRANSCRIPT_SOURCES]);
    const emotion = schemaOf('UtteranceEmotion');
    expect(new Set(Object.keys(objectAt(emotion, 'modalities', 'properties')))).toEqual(new Set(MODALITIES));
    expect(emotion).toHaveProperty('allOf.2.properties.explanation.properties.sets.required', [...EVIDENCE_SETS]);
    expect(emotion).toHaveProperty('allOf.2.properties.dissatisfaction.required', ['probability', 'likely']);
    expect(emotion).toHaveProperty('allOf.2.properties.emotion.properties.probabilities.required', [...EMOTION_LABELS]);
  });
});

describe('an example', () => {
  it('of every message fits its schema and comes unchanged through the real parser', () => {
    for (const { examples, fits, parse } of textMessages()) {
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        expect({ example, fits: fits(example) }).toEqual({ example, fits: true });
        expect(parse(example)).toEqual(example);
      }
    }
  });

  it('of a packet is one', () => {
    const message = api
      .components()
      .messages()
      .all()
      .find((candidate) => candidate.name() === PACKET_MESSAGE);
    const texts = examplesOf(message).map(String);
    const packets = texts.map((text) => decodeMediaPacket(Buffer.from(text, 'base64')));
    expect(packets).toEqual([
      { kind: 'audio', track: 0, mediaTimeMs: 40, payload: new Uint8Array(4) },
      { kind: 'video', track: 1, mediaTimeMs: 0, payload: Uint8Array.of(0xff, 0xd8, 0xff) },
    ]);
    expect(packets.map((packet) => Buffer.from(encodeMediaPacket(packet)).toString('base64'))).toEqual(texts);
  });

  it('with a field corrupted is refused by its schema exactly where the real parser refuses it', () => {
    const cases = textMessages().flatMap(({ examples, ...message }) =>
      examples.map((example) => ({ ...message, example })),
    );
    const corruptions = fc
      .constantFrom(...cases)
      .chain(({ example, ...message }) => corrupted(example, nearby).map((value) => ({ ...message, value })));
    fc.assert(
      fc.property(corruptions, ({ name, value, fits, parse }) => {
        fc.pre((value as { type: unknown }).type === name);
        const problem = problemOf(() => parse(value));
        fc.pre(!RELATIVE_FIELDS.has(problem?.field ?? null));
        expect({ value, accepted: problem === null }).toEqual({ value, accepted: fits(value) });
      }),
      { numRuns: 1500 },
    );
  });
});

function objectAt(schema: Record<string, unknown>, property: string, key: string): object {
  const [, , own] = schema.allOf as { properties: Record<string, Record<string, object>> }[];
  return own?.properties[property]?.[key] ?? {};
}
