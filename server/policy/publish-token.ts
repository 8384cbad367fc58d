import { createHmac, timingSafeEqual } from 'node:crypto';
import { isId, PARTICIPANT_ROLES, type ParticipantRole } from '../../client-sdk/protocol/index.ts';

/** What a publisher is allowed to be; of what is left out it says itself what it is. */
export interface PublishGrant {
  /** The only session that it may open or join. */
  readonly session?: string;
  /** The only participant that it may bring. */
  readonly participant?: string;
  /** Role of whom it brings, whatever it says itself. */
  readonly role?: ParticipantRole;
}

/** The scope that a token must name, so that one made with the same secret for something else is worth nothing here. */
const SCOPE = 'publish';

const HEADER = encode({ alg: 'HS256', typ: 'JWT' });

/**
 * A publisher's own token: a JSON Web Token (RFC 7519) with HMAC-SHA-256 by the server's secret. `expiresAtS`: seconds
 * since 1970.
 */
export function signPublishToken(secret: string, grant: PublishGrant, expiresAtS: number): string {
  const content = `${HEADER}.${encode({ ...grant, scope: SCOPE, exp: expiresAtS })}`;
  return `${content}.${signature(secret, content).toString('base64url')}`;
}

/**
 * What a token grants; null when it is no publisher's token, not signed by the secret, or not valid at `nowS`, in seconds
 * since 1970. It must expire. Claims that are not read here may be in it.
 */
export function readPublishToken(secret: string, token: string, nowS: number): PublishGrant | null {
  const [header = '', claims = '', signed = '', ...rest] = token.split('.');
  if (rest.length > 0 || !isSigned(secret, `${header}.${claims}`, signed)) return null;
  const { alg } = decode(header) ?? {};
  const { scope, exp, nbf, session, participant, role } = decode(claims) ?? {};
  if (alg !== 'HS256' || scope !== SCOPE) return null;
  if (typeof exp !== 'number' || !(nowS < exp)) return null;
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= nowS)) return null;
  // A claim that cannot be kept is not left out: that would grant more than was meant.
  if (!isIdOrUndefined(session) || !isIdOrUndefined(participant)) return null;
  const known = PARTICIPANT_ROLES.find((candidate) => candidate === role);
  if (role !== undefined && known === undefined) return null;
  return {
    ...(session !== undefined && { session }),
    ...(participant !== undefined && { participant }),
    ...(known !== undefined && { role: known }),
  };
}

/** What a publisher is, of what it asks to be; null where its token grants another session or participant only. */
export function withinGrant<Asked extends Partial<Record<keyof PublishGrant, string | undefined>>>(
  asked: Asked,
  grant: PublishGrant,
): (Asked & PublishGrant) | null {
  const isForeign = (name: 'session' | 'participant') =>
    asked[name] !== undefined && grant[name] !== undefined && asked[name] !== grant[name];
  return isForeign('session') || isForeign('participant') ? null : { ...asked, ...grant };
}

function isIdOrUndefined(claim: unknown): claim is string | undefined {
  return claim === undefined || (typeof claim === 'string' && isId(claim));
}

function signature(secret: string, content: string): Buffer {
  return createHmac('sha256', secret).update(content).digest();
}

function isSigned(secret: string, content: string, signed: string): boolean {
  const presented = Buffer.from(signed, 'base64url');
  const expected = signature(secret, content);
  return presented.length === expected.length && timingSafeEqual(presented, expected);
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
