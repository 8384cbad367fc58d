import { z } from 'zod';
import { PARTICIPANT_ROLES, type ParticipantRole } from '../../client-sdk/protocol/index.ts';

/** A required whole number within a range. */
export function integer(range: { min: number; max: number; default: number; unit?: string }, description: string) {
  const { min, max, unit } = range;
  return z.coerce
    .number({ error: 'is not a number' })
    .int({ error: 'is not a whole number' })
    .min(min, { error: `is below ${min}` })
    .max(max, { error: `is above ${max}` })
    .default(range.default)
    .meta({ description, unit, range: `${min}…${max}` });
}

/** An optional whole number within a range. */
export function optionalInteger(
  range: { min: number; max: number; unit?: string; defaultText: string },
  description: string,
) {
  const { min, max, unit, defaultText } = range;
  return z.coerce
    .number({ error: 'is not a number' })
    .int({ error: 'is not a whole number' })
    .min(min, { error: `is below ${min}` })
    .max(max, { error: `is above ${max}` })
    .optional()
    .meta({ description, unit, range: `${min}…${max}`, defaultText });
}

/** A TCP or UDP port. 0 lets the system choose. */
export function portNumber(description: string, defaultText: string) {
  return optionalInteger({ min: 0, max: 65535, defaultText }, description);
}

/** A setting that is on or off. */
export function flag(byDefault: boolean, description: string) {
  return z.stringbool({ error: 'is neither true nor false' }).default(byDefault).meta({ description, switch: true });
}

/**
 * A list of items separated by commas. `defaultText` describes the default when the list is empty. Without it, the
 * description says `none`.
 */
export function list<T extends z.ZodType<unknown, string>>(
  item: T,
  byDefault: z.output<T>[],
  description: string,
  defaultText?: string,
) {
  return z
    .string()
    .transform((text) => text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()])))
    .pipe(z.array(item))
    .default(byDefault)
    .meta({ description, defaultText });
}

/** A secret. Only the environment can set it, and it is masked wherever settings are shown. */
export function secret(description: string, defaultText = 'none') {
  return z
    .string()
    .min(8, { error: 'is too short to be a secret' })
    .optional()
    .meta({ description, defaultText, secret: true });
}

/** Two roles separated by a comma, for two kinds of participants. `names` says what each role is for. */
export function rolePair<Name extends string>(names: readonly [Name, Name], byDefault: string, description: string) {
  const role = z.enum(PARTICIPANT_ROLES);
  const error = `must be two of ${PARTICIPANT_ROLES.join(', ')}, with a comma between`;
  return z
    .string()
    .default(byDefault)
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.tuple([role, role], { error }))
    .transform(([first, second]) => ({ [names[0]]: first, [names[1]]: second }) as Record<Name, ParticipantRole>)
    .meta({ description, defaultText: byDefault });
}
