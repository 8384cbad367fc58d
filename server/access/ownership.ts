import { allows, type Grant } from './grant.ts';

/** Whose a participant, a publisher or a listener is. */
export interface Ownership {
  /** The holder of the credential that brought it. */
  readonly holder: string;
  readonly sessionId: string;
  /** Null where it is no participant, such as a listener. */
  readonly participantId: string | null;
}

/** True when the grant names this participant of this session: it was made for nobody else. */
export function names({ session, participant }: Grant, sessionId: string, participantId: string | null): boolean {
  return session === sessionId && participant === participantId;
}

/** True when the holder of a grant may change or replace what somebody brought: its own, or anyone's with `participant:any`. */
export function mayTouch(grant: Grant, { holder, sessionId, participantId }: Ownership): boolean {
  if (grant.session !== undefined && grant.session !== sessionId) return false;
  return grant.holder === holder || allows(grant, 'participant:any') || names(grant, sessionId, participantId);
}
