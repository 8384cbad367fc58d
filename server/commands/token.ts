import { parseArgs } from 'node:util';
import { isId, PARTICIPANT_ROLES } from '../../client-sdk/protocol/index.ts';
import { configSchema } from '../config.ts';
import { type PublishGrant, signPublishToken } from '../policy/publish-token.ts';
import type { CommandIo } from './command.ts';

const DEFAULT_MINUTES = 60;
const MOST_MINUTES = 7 * 24 * 60;

const USAGE = `undertone token [options]

Prints a publisher's own token, signed with UNDERTONE_TOKEN: for a web page, which must not have the secret itself. It
publishes by WHIP or WebSocket and does nothing else.

  --role ROLE         role of whom it brings, whatever the page says: ${PARTICIPANT_ROLES.join(', ')}
  --session ID        the only session that it may open or join
  --participant ID    the only participant that it may bring
  --minutes N         until it expires (default ${DEFAULT_MINUTES}); who is connected by then stays
  --help

Exit codes: 0 done, 2 bad usage, or no UNDERTONE_TOKEN.
`;

/** `undertone token`: a publisher's own token on standard output. */
export async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        role: { type: 'string' },
        session: { type: 'string' },
        participant: { type: 'string' },
        minutes: { type: 'string', default: String(DEFAULT_MINUTES) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      io.stdout.write(USAGE);
      return 0;
    }
    const expiresAtS = Math.floor(Date.now() / 1000) + 60 * readMinutes(values.minutes);
    io.stdout.write(`${signPublishToken(readSecret(), readGrant(values), expiresAtS)}\n`);
    return 0;
  } catch (error) {
    io.stderr.write(`undertone token: ${(error as Error).message.split('. ')[0]} (see undertone token --help)\n`);
    return 2;
  }
}

function readSecret(): string {
  const { success, data } = configSchema.shape.token.safeParse(process.env.UNDERTONE_TOKEN || undefined);
  if (!success || data === undefined) {
    throw new RangeError('set UNDERTONE_TOKEN to the secret of the server, 16 characters or more');
  }
  return data;
}

function readGrant(asked: Partial<Record<keyof PublishGrant, string>>): PublishGrant {
  const { role, session, participant } = asked;
  const known = PARTICIPANT_ROLES.find((candidate) => candidate === role);
  if (role !== undefined && known === undefined) {
    throw new RangeError(`--role must be among ${PARTICIPANT_ROLES.join(', ')}`);
  }
  for (const [flag, id] of Object.entries({ session, participant })) {
    if (id !== undefined && !isId(id)) throw new RangeError(`--${flag} is not an id`);
  }
  return {
    ...(session !== undefined && { session }),
    ...(participant !== undefined && { participant }),
    ...(known !== undefined && { role: known }),
  };
}

function readMinutes(text: string): number {
  const minutes = Number(text);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > MOST_MINUTES) {
    throw new RangeError(`--minutes must be a whole number from 1 to ${MOST_MINUTES}`);
  }
  return minutes;
}
