import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../support/until.ts';
import type { AttackCase, AttackContext } from '../attack-case.ts';
import * as floods from '../floods.ts';
import { callBeside, mustHaveTold, type NeighbourReport, slowdown } from '../neighbour.ts';

const FLOODS: Readonly<Record<string, floods.Flood>> = {
  'revises the words of 32 long utterances five times a second': floods.revisedWords,
  'speaks with 32 voices at once': floods.manyVoices,
  'sends minutes of sound at once': floods.farAhead,
  'sends a thousand tiny packets a second': floods.tinyPackets,
  'sends eight cameras at 30 pictures a second': floods.manyPictures,
  'reads its history at full speed': floods.historyReads,
  'reads its history as streams at full speed': floods.historyStreams,
  'follows its history anew at full speed': floods.historySubscriptions,
  'opens and ends sessions at full speed': floods.shortSessions,
};

/** What an idle machine may add, in ms. */
const NOISE_MS = 30;
/** Time that a flood has to grow before the neighbours come, in ms. */
const GROWTH_MS = 3000;
/** A machine that was short of time in between is measured again: a server that is unfair is so each time. */
const ATTEMPTS = 3;

/** All clients of the short form live in one process, which may be too busy to answer a ping. */
const PATIENT = { env: { UNDERTONE_HEARTBEAT_MS: '600000' } };
/** One sentence and its words, somewhat faster than it is spoken. */
const SHORT_CALL = { calls: 1, untilMs: 9200, speed: 3 };

/** What was slower than it may be; null when nothing was. */
function complaint(quiet: NeighbourReport, attacked: NeighbourReport): string | null {
  const { first, words } = slowdown(quiet, attacked);
  if (first > 2 && attacked.firstP95Ms - quiet.firstP95Ms > NOISE_MS) {
    return `the neighbours’ first scores came ${first.toFixed(1)} times as late`;
  }
  // Without a revision the words came before the first score: too late, and told as such above.
  if (words > 2 && attacked.wordsP95Ms - quiet.wordsP95Ms > NOISE_MS) {
    return `the neighbours’ revisions came ${words.toFixed(1)} times as late`;
  }
  return null;
}

async function measure(attack: AttackContext, flood: floods.Flood): Promise<string | null> {
  const server = await attack.start();
  const call = { untilMs: 40_000 };
  const quiet = await callBeside(server, call);
  const stop = new AbortController();
  const flooding = flood(server, AbortSignal.any([stop.signal, attack.signal]), () => {});
  await sleep(GROWTH_MS);
  const attacked = await callBeside(server, call);
  stop.abort();
  await flooding;
  const { first, words } = slowdown(quiet, attacked);
  attack.figure('first score, p95, quiet', quiet.firstP95Ms, 'ms');
  attack.figure('first score, p95, beside it', attacked.firstP95Ms, 'ms');
  attack.figure('first score, slower by', first, 'times');
  attack.figure('revision, p95, quiet', quiet.wordsP95Ms, 'ms');
  attack.figure('revision, p95, beside it', attacked.wordsP95Ms, 'ms');
  attack.figure('revision, slower by', words, 'times');
  attack.figure('memory of the server', server.residentMib(), 'MiB');
  mustHaveTold(attacked);
  await server.mustAnswer();
  await server.kill('SIGTERM');
  return complaint(quiet, attacked);
}

/** One benchmark per flood: how late the neighbours are told. */
const benchmarks: readonly AttackCase[] = Object.entries(FLOODS).map(([what, flood]) => ({
  name: `a session that ${what} slows its neighbours to half at most`,
  form: 'long',
  async run(attack) {
    let wrong: string | null = null;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      wrong = await measure(attack, flood);
      if (wrong === null) return;
    }
    throw new Error(wrong ?? '');
  },
}));

/** What the suite checks of the same floods: neighbours may be told late, but they lose nothing. */
const losses: readonly AttackCase[] = Object.entries(FLOODS).map(([what, flood]) => ({
  name: `a session that ${what} costs its neighbours no utterance`,
  form: 'short',
  async run(attack) {
    const server = await attack.share(PATIENT);
    const stop = new AbortController();
    let times = 0;
    const flooding = flood(server, AbortSignal.any([stop.signal, attack.signal]), () => {
      times += 1;
    });
    // The call begins when the flood has come through.
    await until(() => times > 0, attack.signal);
    const report = await callBeside(server, SHORT_CALL);
    stop.abort();
    await flooding;
    attack.figure('sent or read', times, 'times');
    mustHaveTold(report);
  },
}));

export const cases: readonly AttackCase[] = [
  {
    name: 'a server that nobody attacks tells every utterance of its calls',
    async run(attack) {
      const server = await attack.share(PATIENT);
      const report = await callBeside(server, attack.form === 'long' ? { untilMs: 62_000 } : SHORT_CALL);
      attack.figure('first score after the last sample, p95', report.firstP95Ms, 'ms');
      attack.figure('revision after its words, p95', report.wordsP95Ms, 'ms');
      mustHaveTold(report);
    },
  },
  ...losses,
  ...benchmarks,
];
