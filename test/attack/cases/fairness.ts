import type { AttackCase } from '../attack-case.ts';
import * as floods from '../floods.ts';
import { callBeside, type NeighbourReport, slowdown } from '../neighbour.ts';

const FLOODS: Readonly<Record<string, floods.Flood>> = {
  'revises the words of 32 long utterances five times a second': floods.revisedWords,
  'speaks with 32 voices at once': floods.manyVoices,
  'sends minutes of sound at once': floods.farAhead,
  'sends a thousand tiny packets a second': floods.tinyPackets,
  'sends eight cameras at 30 pictures a second': floods.manyPictures,
  'reads its history at full speed': floods.historyReads,
  'opens and ends sessions at full speed': floods.shortSessions,
};

/** What a machine that does other things may add, in ms. */
const NOISE_MS = 250;
/** Time that a flood has to grow before the neighbours come, in ms. */
const GROWTH_MS = 3000;

function mustHold(quiet: NeighbourReport, attacked: NeighbourReport): void {
  if (attacked.utterances === 0 || attacked.failures > 0) {
    throw new Error(`${attacked.failures} of the neighbours’ utterances were not told`);
  }
  const { first, words } = slowdown(quiet, attacked);
  if (first > 2 && attacked.firstP95Ms - quiet.firstP95Ms > NOISE_MS) {
    throw new Error(`the neighbours’ first scores came ${first.toFixed(1)} times as late`);
  }
  if (words > 2 && attacked.wordsP95Ms - quiet.wordsP95Ms > NOISE_MS) {
    throw new Error(`the neighbours’ revisions came ${words.toFixed(1)} times as late`);
  }
}

export const cases: readonly AttackCase[] = Object.entries(FLOODS).map(([what, flood]) => ({
  name: `a session that ${what} slows its neighbours to half at most`,
  timeoutMs: 180_000,
  async run(attack) {
    const server = await attack.start();
    const call = { untilMs: attack.rounds(14_000, 40_000) };
    const quiet = await callBeside(server, call);
    const stop = new AbortController();
    const flooding = flood(server, AbortSignal.any([stop.signal, attack.signal]));
    await new Promise((resolve) => setTimeout(resolve, GROWTH_MS));
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
    mustHold(quiet, attacked);
    await server.mustAnswer();
  },
}));
