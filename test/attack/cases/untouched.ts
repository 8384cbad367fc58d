import type { AttackCase } from '../attack-case.ts';
import { callBeside } from '../neighbour.ts';

const TOKEN = 'token-of-a-quiet-server';

export const cases: readonly AttackCase[] = [
  {
    name: 'a server that nobody attacks tells every utterance of its calls',
    async run(attack) {
      const server = await attack.start({ token: TOKEN });
      const report = await callBeside(server, { token: TOKEN, untilMs: attack.rounds(12_000, 62_000) });
      attack.figure('first score after the last sample, p95', report.firstP95Ms, 'ms');
      attack.figure('revision after its words, p95', report.wordsP95Ms, 'ms');
      if (report.utterances === 0 || report.failures > 0)
        throw new Error(`${report.failures} utterances were not told`);
      await server.mustAnswer();
    },
  },
];
