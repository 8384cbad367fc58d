import type { AttackContext } from './attack-case.ts';
import { callBeside, mustHaveTold } from './neighbour.ts';
import type { ServerUnderAttack } from './server-under-attack.ts';

/** Sends what `fuzzing` sends beside a call, and fails when that loses an utterance or the server fails at its own work. */
export async function besideCall(
  attack: AttackContext,
  server: ServerUnderAttack,
  fuzzing: () => Promise<number>,
): Promise<void> {
  const call = { calls: 1, untilMs: attack.rounds(9200, 15_000), speed: attack.rounds(2, 1) };
  const [report, inputs] = await Promise.all([callBeside(server, call), fuzzing()]);
  await server.mustAnswer();
  attack.figure('malformed inputs', inputs, 'messages');
  attack.figure('neighbour’s first score, p95', report.firstP95Ms, 'ms');
  mustHaveTold(report);
  const errors = server.logLines.filter((line) => line.includes('"level":50') || line.includes('Error'));
  if (errors.length > 0) throw new Error(`the server failed at its own work: ${errors[0]!.slice(0, 400)}`);
}
