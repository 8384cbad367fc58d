import type { ParticipantRole } from '../../client-sdk/protocol/index.ts';

/**
 * One permission of a credential.
 *
 * - `publish`: open or join a session and bring the holder's own participant.
 * - `participant:any`: bring, change or replace any participant of a session that the holder may publish to.
 * - `session:end`: end a session for everyone in it.
 * - `session:erase`: erase an ended session.
 * - `subscribe`: follow the events of a session live (WebSocket, server-sent events).
 * - `read`: read sessions and past events over HTTP.
 * - `listen`: hear a publisher (WHEP).
 * - `metrics`: read `/metrics`.
 * - `drain`: make the server finish its calls and stop.
 */
export const SCOPES = [
  'publish',
  'participant:any',
  'session:end',
  'session:erase',
  'subscribe',
  'read',
  'listen',
  'metrics',
  'drain',
] as const;

export type Scope = (typeof SCOPES)[number];

/** What the holder of a credential may do. Every way in turns each credential into a grant, or refuses it. */
export interface Grant {
  /**
   * Who holds the credential: the key of quotas, limits and audit lines. Never the credential itself.
   * Examples: `anonymous`, `server-token`, `jwt:<jti or hash>`, `twilio:<account>`.
   */
  readonly holder: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The only session that the holder may use. Default: any. */
  readonly session?: string;
  /** The only participant that the holder may bring. Default: any that no other holder has. */
  readonly participant?: string;
  /** Role of the holder's participants, whatever the publisher says. Default: the publisher's choice. */
  readonly role?: ParticipantRole;
  /**
   * True for a holder that carries many calls at once, such as the server's own token or a telephone platform. The
   * server's limits apply to it. The limits of one publisher apply to everyone else. Default: false.
   */
  readonly isService?: boolean;
}

/** True when the grant names this scope. */
export function allows(grant: Grant, scope: Scope): boolean {
  return grant.scopes.has(scope);
}

/** Whether a grant covers a session. One for a single session covers no other, and not all sessions together. */
export function covers({ session }: Grant, sessionId: string): boolean {
  return session === undefined || session === sessionId;
}

/** A grant without scopes, for somebody who has not proved who they are yet. */
export function grantOfNothing(holder: string): Grant {
  return { holder, scopes: new Set() };
}

/** True for a holder that carries many calls at once: see {@link Grant.isService}. */
export function isService(grant: Grant): boolean {
  return grant.isService === true || allows(grant, 'participant:any');
}

/** A grant with every scope, for the server's own token or for a server on loopback without one. */
export function grantOfEverything(holder: string): Grant {
  return { holder, scopes: new Set(SCOPES), isService: true };
}

/** A grant for a platform that has proved itself, such as `twilio`. It may publish its own calls and nothing else. */
export function grantOfPlatform(holder: string): Grant {
  return { holder, scopes: new Set(['publish']), isService: true };
}
