import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { integer } from './config-fields.ts';

/** Value of `dataDir` for a history that is only in memory. */
export const NO_FOLDER = ':memory:';

/** Settings of what is stored: a part of the configuration's schema. */
export const historyFields = {
  dataDir: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .meta({
      description: `Folder for sessions, events and words. Only one server may use it. \`${NO_FOLDER}\`: they are only kept in memory, at most 64 MiB of them.`,
      defaultText: '`undertone` in the user’s data folder',
    }),
  tellEvents: z.enum(['when-safe', 'at-once'], { error: 'must be when-safe or at-once' }).default('when-safe').meta({
    description:
      'When subscribers get an event: `when-safe`, once it is stored, so that a restart continues live sessions; or `at-once`, a few ms sooner, and live sessions begin anew after a crash.',
  }),
  durability: z.enum(['process', 'power'], { error: 'must be process or power' }).default('process').meta({
    description:
      'What stored events survive: the end of the `process`, however it ends; or also a loss of `power`, for which the server waits for the disk each time.',
  }),
  restartGraceMs: integer(
    { min: 0, max: 600_000, default: 30_000, unit: 'ms' },
    'How long a session that a restart interrupted waits for its publishers.',
  ),
  keepWordsDays: integer(
    { min: 0, max: 36_500, default: 30, unit: 'days' },
    'How long the words of ended sessions are stored. 0: words are never stored.',
  ),
  keepEventsDays: integer(
    { min: 1, max: 36_500, default: 30, unit: 'days' },
    'How long the events of ended sessions are stored.',
  ),
  keepSummariesDays: integer(
    { min: 1, max: 36_500, default: 365, unit: 'days' },
    'How long ended sessions stay in the history, with the result of each utterance.',
  ),
  maxHistoryMib: integer(
    { min: 16, max: 16_777_216, default: 4096, unit: 'MiB' },
    'Size of the history. Above it, the oldest events and words are deleted first, then the oldest sessions.',
  ),
};

/** The folder for the data of the user that runs the server. */
export function userDataFolder(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
  home: () => string = homedir,
): string {
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(home(), 'AppData', 'Local'), 'undertone');
  if (platform === 'darwin') return join(home(), 'Library', 'Application Support', 'undertone');
  // A relative path in XDG_DATA_HOME is invalid, says the specification.
  const { XDG_DATA_HOME: data } = env;
  return join(data?.startsWith('/') === true ? data : join(home(), '.local', 'share'), 'undertone');
}
