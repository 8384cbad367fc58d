import type { ParticipantRole } from '../../client-sdk/protocol/index.ts';

/**
 * One thing that a credential may do.
 *
 * - `publish`: open or join a session and bring its own participant.
 * - `participant:any`: bring, change or replace any participant of a session it may publish to.
 * - `session:end`: end a session for everyone in it.
 * - `subscribe`: follow the events of a session live (WebSocket, server-sent events).
 * - `read`: read sessions and past events over HTTP.
 * - `listen`: hear a publisher (WHEP).
 * - `metrics`: read `/metrics`.
 */
export const SCOPES = ['publish', 'participant:any', 'session:end', 'subscribe', 'read', 'listen', 'metrics'] as const;

export type Scope = (typeof SCOPES)[number];

/** What the holder of a credential may do. Every way in turns its credentials into one of these, or refuses. */
export interface Grant {
  /**
   * Who holds the credential: the key of quotas, limits and audit lines. Never the credential itself.
   * Examples: `anonymous`, `server-token`, `jwt:<jti or hash>`, `twilio:<account>`.
   */
  readonly holder: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The only session that it may touch. Default: any. */
  readonly session?: string;
  /** The only participant that it may bring. Default: any that is not taken by another holder. */
  readonly participant?: string;
  /** The role of whom it brings, whatever the publisher says. Default: the publisher's choice. */
  readonly role?: ParticipantRole;
  /**
   * True for a holder that carries many calls at once, such as the server's own token or a telephone platform. It is
   * bounded by the server's limits, everyone else by those of one publisher. Default: false.
   */
  readonly isService?: boolean;
}

/** True when the grant names this scope. */
export function allows(grant: Grant, scope: Scope): boolean {
  return grant.scopes.has(scope);
}

/** A grant of nothing: of somebody who has yet to prove who he is. */
export function grantOfNothing(holder: string): Grant {
  return { holder, scopes: new Set() };
}

/** True for a holder that carries many calls at once: see {@link Grant.isService}. */
export function isService(grant: Grant): boolean {
  return grant.isService === true || allows(grant, 'participant:any');
}

/** A grant of everything: the server's own token, or a server on loopback without one. */
export function grantOfEverything(holder: string): Grant {
  return { holder, scopes: new Set(SCOPES), isService: true };
}

/** A grant of a platform that has proved itself, such as `twilio`: it brings its calls and touches no others. */
export function grantOfPlatform(holder: string): Grant {
  return { holder, scopes: new Set(['publish']), isService: true };
}
