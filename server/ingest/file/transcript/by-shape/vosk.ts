import { listOf, objectOf } from '../../../sockets/foreign-json.ts';
import { readVosk } from '../../../transcripts/vosk.ts';
import type { ReadShape } from './shaped-transcript.ts';

/** Reads Vosk's results: one object, or a list of them: https://alphacephei.com/vosk/ */
export const readVoskFile: ReadShape = (value) => {
  const items = Array.isArray(value) ? listOf(value) : [value];
  const isResult = (item: unknown) =>
    Array.isArray(objectOf(item).result) || Array.isArray(objectOf(item).alternatives);
  if (!items.some((item) => isResult(item) && (readVosk(item) ?? []).length > 0)) return null;
  return { segments: items.flatMap((item) => readVosk(item) ?? []).filter(({ final }) => final) };
};
