import { allows, type Grant } from './grant.ts';

/** The owner of a participant, a publisher or a listener. */
export interface Ownership {
  /** Holder of the credential that brought it. */
  readonly holder: string;
  readonly sessionId: string;
  /** Null for what is not a participant, such as a listener. */
  readonly participantId: string | null;
}

/** True when the grant is for exactly this participant of this session. */
export function names({ session, participant }: Grant, sessionId: string, participantId: string | null): boolean {
  return session === sessionId && participant === participantId;
}

/**
 * True when the holder of a grant may change or replace this: what it brought itself, what its grant names, and
 * anything with `participant:any`.
 */
export function mayTouch(grant: Grant, { holder, sessionId, participantId }: Ownership): boolean {
  if (grant.session !== undefined && grant.session !== sessionId) return false;
  return grant.holder === holder || allows(grant, 'participant:any') || names(grant, sessionId, participantId);
}
