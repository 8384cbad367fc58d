import type { Grant } from './grant.ts';

/** The part of a grant that says who its holder is. */
type Identity = Pick<Grant, 'session' | 'participant' | 'role'>;

/** What a publisher is, of what it asks to be; null where it is granted another session or participant only. */
export function withinGrant<Asked extends Partial<Record<keyof Identity, string | undefined>>>(
  asked: Asked,
  { session, participant, role }: Identity,
): (Asked & Identity) | null {
  const isForeign = (wanted: string | undefined, granted: string | undefined) =>
    wanted !== undefined && granted !== undefined && wanted !== granted;
  if (isForeign(asked.session, session) || isForeign(asked.participant, participant)) return null;
  return {
    ...asked,
    ...(session !== undefined && { session }),
    ...(participant !== undefined && { participant }),
    ...(role !== undefined && { role }),
  };
}
