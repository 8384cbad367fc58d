import { randomUUID } from 'node:crypto';
import { isId, PARTICIPANT_ROLES } from '../../client-sdk/protocol/index.ts';
import { SCOPES, type Scope } from '../access/grant.ts';
import { MIN_KEY_BYTES } from '../access/json-web-token.ts';
import { signToken, type TokenClaims } from '../access/sign-token.ts';
import { configSchema } from '../config/config-schema.ts';
import { parseOptions } from '../parse-options.ts';
import type { CommandIo } from './command.ts';
import { runCommand, UsageError } from './run-command.ts';

const DEFAULT_MINUTES = 60;

const USAGE = `undertone token [options]

Prints a token for a web page, which must not know the server's secret. The token is a JSON Web Token, signed with
UNDERTONE_TOKEN. It allows publishing by WHIP or WebSocket, unless --scope says otherwise.

  --scope SCOPES      what it allows, separated by spaces or commas: ${SCOPES.join(', ')}
                      (default publish)
  --role ROLE         role of its participants, whatever the page says: ${PARTICIPANT_ROLES.join(', ')}
  --session ID        the only session that it may touch
  --participant ID    the only participant that it may bring
  --minutes N         time until it expires (default ${DEFAULT_MINUTES}). Existing connections stay. The maximum is
                      UNDERTONE_MAX_TOKEN_SECONDS, by default one day
  --once              it works once: for one WebSocket, one WHIP publisher or one request
  --help

Exit codes: 0 done, 2 bad usage, or no UNDERTONE_TOKEN of ${MIN_KEY_BYTES} characters or more.
`;

/** `undertone token`: a JSON Web Token on standard output. */
export function run(argv: readonly string[], io: CommandIo): Promise<number> {
  return runCommand({ name: 'token', usage: USAGE, parse, run: printToken }, argv, io);
}

type Arguments = ReturnType<typeof parse>;

function parse(argv: readonly string[]) {
  return parseOptions({
    args: [...argv],
    options: {
      scope: { type: 'string', default: 'publish' },
      once: { type: 'boolean', default: false },
      role: { type: 'string' },
      session: { type: 'string' },
      participant: { type: 'string' },
      minutes: { type: 'string', default: String(DEFAULT_MINUTES) },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}

async function printToken({ values }: Arguments, io: CommandIo): Promise<void> {
  const expiresAtS = Math.floor(Date.now() / 1000) + 60 * readMinutes(values.minutes);
  const claims = {
    ...readIdentity(values),
    scopes: readScopes(values.scope),
    ...(values.once && { onceId: randomUUID() }),
  };
  io.stdout.write(`${await signToken(readSecret(), claims, expiresAtS)}\n`);
}

function readSecret(): string {
  const { success, data } = configSchema.shape.token.safeParse(process.env.UNDERTONE_TOKEN || undefined);
  if (!success || data === undefined || Buffer.byteLength(data) < MIN_KEY_BYTES) {
    throw new UsageError(`set UNDERTONE_TOKEN to the secret of the server, ${MIN_KEY_BYTES} characters or more`);
  }
  return data;
}

function readScopes(text: string): Scope[] {
  const named = text.split(/[\s,]+/).filter((name) => name !== '');
  const scopes = SCOPES.filter((scope) => named.includes(scope));
  if (scopes.length === 0 || scopes.length !== named.length) {
    throw new UsageError(`--scope must be among ${SCOPES.join(', ')}`);
  }
  return scopes;
}

type Identity = Pick<TokenClaims, 'role' | 'session' | 'participant'>;

function readIdentity({ role, session, participant }: Partial<Record<keyof Identity, string>>): Identity {
  const known = PARTICIPANT_ROLES.find((candidate) => candidate === role);
  if (role !== undefined && known === undefined) {
    throw new UsageError(`--role must be among ${PARTICIPANT_ROLES.join(', ')}`);
  }
  for (const [flag, id] of Object.entries({ session, participant })) {
    if (id !== undefined && !isId(id)) throw new UsageError(`--${flag} is not an id`);
  }
  return {
    ...(session !== undefined && { session }),
    ...(participant !== undefined && { participant }),
    ...(known !== undefined && { role: known }),
  };
}

function readMinutes(text: string): number {
  const { success, data: seconds } = configSchema.shape.maxTokenSeconds.safeParse(
    process.env.UNDERTONE_MAX_TOKEN_SECONDS || undefined,
  );
  if (!success) throw new UsageError('UNDERTONE_MAX_TOKEN_SECONDS is not valid');
  const most = Math.floor(seconds / 60);
  const minutes = Number(text);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > most) {
    throw new UsageError(`--minutes must be a whole number from 1 to ${most}`);
  }
  return minutes;
}
