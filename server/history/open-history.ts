import type { Logger } from 'pino';
import type { Clock } from '../../pipeline/index.ts';
import type { Config } from '../config/config-schema.ts';
import { NO_FOLDER, userDataFolder } from '../config/history-config.ts';
import { HistoryError } from './history-error.ts';
import type { HistoryStore } from './history-store.ts';
import { SqliteHistory } from './sqlite/sqlite-history.ts';

/** The folder that the settings name. Null: nothing is written to a disk. */
export function historyFolder({ dataDir }: Pick<Config, 'dataDir'>): string | null {
  return dataDir === NO_FOLDER ? null : (dataDir ?? userDataFolder());
}

/** Opens the history that the settings ask for. If it fails, the server goes on without one: the result says why. */
export async function openHistory(
  config: Pick<Config, 'dataDir' | 'durability' | 'keepWordsDays'>,
  clock: Clock,
  log: Logger,
): Promise<HistoryStore | HistoryError> {
  const { durability: safeAgainst, keepWordsDays } = config;
  const folder = historyFolder(config);
  try {
    return await SqliteHistory.open({
      folder,
      safeAgainst,
      keepsWords: keepWordsDays > 0,
      startedAtMs: clock.scheduler.now(),
    });
  } catch (error) {
    const failure =
      error instanceof HistoryError
        ? error
        : new HistoryError('failed', 'the history cannot be opened', { cause: error });
    log.error({ code: failure.code, folder, err: failure }, `no history: ${failure.message}`);
    return failure;
  }
}
