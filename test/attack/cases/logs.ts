import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { PUBLISH_SUBPROTOCOL } from '../../../client-sdk/index.ts';
import type { AttackCase, AttackContext, StartOptions } from '../attack-case.ts';
import type { ServerUnderAttack } from '../server-under-attack.ts';

const SESSIONS_AT_ONCE = 20;
/** They end what hangs. A busy machine may be ten times slower. */
const EXIT_WITHIN_MS = 60_000;
const SESSION_WITHIN_MS = 60_000;

export const cases: readonly AttackCase[] = [
  {
    name: 'a server whose log disk is full goes on serving, counts the lines and stops when told',
    run: (attack) => logInto(attack, 'full'),
  },
  {
    name: 'a server whose log nobody reads goes on serving, counts the lines and stops when told',
    run: (attack) => logInto(attack, 'stop-reading'),
  },
];

async function logInto(attack: AttackContext, log: NonNullable<StartOptions['log']>): Promise<void> {
  const server = await attack.start({
    log,
    env: { UNDERTONE_LOG_LEVEL: 'debug', UNDERTONE_MAX_SESSIONS: '1000', UNDERTONE_RECONNECT_GRACE_MS: '0' },
  });
  // Two lines a session: a pipe or socket that nobody reads holds some 600.
  const sessions = attack.rounds(600, 5000);
  // An older server stops answering here.
  const deadline = AbortSignal.any([attack.signal, AbortSignal.timeout(attack.rounds(40_000, 400_000))]);
  let opened = 0;
  let failed = 0;
  const open = async (): Promise<void> => {
    while (opened < sessions && !deadline.aborted) {
      opened += 1;
      if (!(await openAndEnd(server))) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: SESSIONS_AT_ONCE }, open));
  await server.mustAnswer();
  const dropped = await server.metric('undertone_log_lines_dropped_total');
  attack.figure('lines dropped', dropped, 'lines');
  attack.figure('sessions that could not be opened', failed, `of ${sessions}`);
  if (failed > 0) throw new Error(`${failed} of ${sessions} sessions could not be opened`);
  if (log === 'full' && !(dropped > 0)) throw new Error('no line was counted as dropped');
  const stopped = server.kill('SIGTERM').then(() => true);
  if (!(await Promise.race([stopped, sleep(EXIT_WITHIN_MS)]))) throw new Error('the server did not stop when told');
}

/** False where the server did not answer as it should. */
function openAndEnd(server: ServerUnderAttack): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${server.socketUrl}/v1/publish`, [PUBLISH_SUBPROTOCOL], {
      handshakeTimeout: SESSION_WITHIN_MS,
    });
    const timer = setTimeout(() => socket.terminate(), SESSION_WITHIN_MS);
    socket.on('open', () => {
      socket.send('{"type":"session.start","version":1}');
      socket.send('{"type":"session.end"}');
    });
    socket.on('error', () => {});
    socket.on('close', (code) => {
      clearTimeout(timer);
      resolve(code === 1000);
    });
  });
}
