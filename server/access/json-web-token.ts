import { createHash } from 'node:crypto';
import { errors, type JWTHeaderParameters, jwtVerify } from 'jose';
import { z } from 'zod';
import { isId, PARTICIPANT_ROLES } from '../../client-sdk/protocol/index.ts';
import { hasDuplicateNames } from './duplicate-names.ts';
import { type Grant, SCOPES } from './grant.ts';

export interface JsonWebTokensOptions {
  /** Key of the signatures (HMAC-SHA-256). At least {@link MIN_KEY_BYTES} long. */
  readonly secret: string;
  /** Longest time until a token expires, in s. */
  readonly maxTokenSeconds: number;
  /** What `aud` must name. Default: `aud` is not checked. */
  readonly audience?: string | undefined;
  /** What `iss` must be. Default: `iss` is not checked. */
  readonly issuer?: string | undefined;
}

/** A valid token. */
export interface ReadToken {
  readonly grant: Grant;
  /** For a single-use token: until when its use must be remembered, in s since 1970. Null for other tokens. */
  readonly onceUntilS: number | null;
}

/** Shortest key of HMAC-SHA-256, in bytes (RFC 7518, section 3.2). */
export const MIN_KEY_BYTES = 32;
/** Longest token that is read, in characters. */
const MAX_TOKEN_LENGTH = 4096;
/** How far the clock of the token's issuer may be ahead of this server's, in s. */
const MAX_SKEW_S = 60;
const COMPACT = /^([\w-]+)\.([\w-]+)\.[\w-]+$/;

const id = z.string().refine(isId);
/** Claims that are read. An unusable claim makes the token invalid: ignoring it would grant more than was meant. */
const claimsSchema = z
  .object({
    scope: z.string().max(1024),
    exp: z.number(),
    nbf: z.number().optional(),
    iat: z.number().optional(),
    aud: z.union([z.string(), z.array(z.string())]).optional(),
    iss: z.string().optional(),
    jti: z
      .string()
      .regex(/^[\x21-\x7e]{1,128}$/)
      .optional(),
    once: z.boolean().optional(),
    session: id.optional(),
    participant: id.optional(),
    role: z.enum(PARTICIPANT_ROLES).optional(),
  })
  .refine(({ once, jti }) => once !== true || jti !== undefined);

/**
 * Reads JSON Web Tokens (RFC 7519) signed with the server's secret. HS256 is the only accepted algorithm. Algorithms
 * with public keys would make {@link jwtVerify} accept keys and algorithms that the token itself names.
 */
export class JsonWebTokens {
  readonly #options: JsonWebTokensOptions;
  readonly #key: Uint8Array;

  /** @throws RangeError when the secret is shorter than {@link MIN_KEY_BYTES}. */
  constructor(options: JsonWebTokensOptions) {
    this.#options = options;
    this.#key = new TextEncoder().encode(options.secret);
    if (this.#key.length < MIN_KEY_BYTES) throw new RangeError(`the key has fewer than ${MIN_KEY_BYTES} bytes`);
  }

  /** What a token grants at `nowS`, in s since 1970. Null when the text is no token or the token is not valid. */
  async read(token: string, nowS: number): Promise<ReadToken | null> {
    const [signed, header, payload] = token.length > MAX_TOKEN_LENGTH ? [] : (COMPACT.exec(token) ?? []);
    if (signed === undefined || header === undefined || payload === undefined) return null;
    const { audience, issuer } = this.#options;
    try {
      const verified = await jwtVerify(token, this.#key, {
        algorithms: ['HS256'],
        requiredClaims: ['exp', 'scope'],
        currentDate: new Date(nowS * 1000),
        ...(audience !== undefined && { audience }),
        ...(issuer !== undefined && { issuer }),
      });
      if (!isPlainHeader(verified.protectedHeader)) return null;
      if ([header, payload].some((part) => hasDuplicateNames(Buffer.from(part, 'base64url').toString('utf8'))))
        return null;
      return this.#grantOf(verified.payload, `${header}.${payload}`, nowS);
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }

  #grantOf(payload: object, content: string, nowS: number): ReadToken | null {
    const { success, data } = claimsSchema.safeParse(payload);
    if (!success) return null;
    const { scope, exp, nbf = 0, iat = 0, jti, once = false, session, participant, role } = data;
    if (exp > nowS + this.#options.maxTokenSeconds + MAX_SKEW_S) return null;
    if (iat > nowS + MAX_SKEW_S || iat > exp || nbf >= exp) return null;
    const named = scope.split(' ');
    const grant = {
      holder: `jwt:${jti ?? createHash('sha256').update(content).digest('base64url').slice(0, 16)}`,
      scopes: new Set(SCOPES.filter((known) => named.includes(known))),
      ...(session !== undefined && { session }),
      ...(participant !== undefined && { participant }),
      ...(role !== undefined && { role }),
    };
    return { grant, onceUntilS: once ? exp : null };
  }
}

/** Whether a header has no extensions and names no other kind of token. */
function isPlainHeader({ typ, crit }: JWTHeaderParameters): boolean {
  return crit === undefined && (typ === undefined || (typeof typ === 'string' && typ.toUpperCase() === 'JWT'));
}
