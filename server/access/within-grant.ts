import type { Grant } from './grant.ts';

/** The part of a grant that says who its holder is. */
type Identity = Pick<Grant, 'session' | 'participant' | 'role'>;

/**
 * Applies a grant to what a publisher asks for: the grant's values win. Null when the publisher asks for another
 * session or participant than the granted one.
 */
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
