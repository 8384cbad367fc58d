import type { AttackCase, AttackContext } from '../attack-case.ts';
import * as floods from '../floods.ts';
import { callBeside, type NeighbourReport, slowdown } from '../neighbour.ts';

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

/** What a machine that does other things may add, in ms: much in the short form, which runs beside other tests. */
const NOISE_MS = { short: 250, long: 30 };
/** Time that a flood has to grow before the neighbours come, in ms. */
const GROWTH_MS = 3000;
/** A machine that was short of time in between is measured again: a server that is unfair is so each time. */
const ATTEMPTS = 3;

/** What was slower than it may be; null when nothing was. */
function complaint(quiet: NeighbourReport, attacked: NeighbourReport, noiseMs: number): string | null {
  if (attacked.utterances === 0 || attacked.failures > 0) {
    return `${attacked.failures} of the neighbours’ utterances were not told`;
  }
  const { first, words } = slowdown(quiet, attacked);
  if (first > 2 && attacked.firstP95Ms - quiet.firstP95Ms > noiseMs) {
    return `the neighbours’ first scores came ${first.toFixed(1)} times as late`;
  }
  // Without a revision the words came before the first score: too late, and told as such above.
  if (words > 2 && attacked.wordsP95Ms - quiet.wordsP95Ms > noiseMs) {
    return `the neighbours’ revisions came ${words.toFixed(1)} times as late`;
  }
  return null;
}

/** What calls notice on a server that nobody floods. The short form measures it once for all cases. */
let known: NeighbourReport | null = null;

async function measure(attack: AttackContext, flood: floods.Flood, attempt: number): Promise<string | null> {
  const server = await attack.start();
  const call = { untilMs: attack.rounds(12_000, 40_000) };
  const isKnown = attack.form === 'short' && attempt === 1 && known !== null;
  const quiet = isKnown ? known! : await callBeside(server, call);
  known = quiet;
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
  await server.mustAnswer();
  await server.kill('SIGTERM');
  return complaint(quiet, attacked, attack.rounds(NOISE_MS.short, NOISE_MS.long));
}

export const cases: readonly AttackCase[] = Object.entries(FLOODS).map(([what, flood]) => ({
  name: `a session that ${what} slows its neighbours to half at most`,
  timeoutMs: 400_000,
  async run(attack) {
    let wrong: string | null = null;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      wrong = await measure(attack, flood, attempt);
      if (wrong === null) return;
    }
    throw new Error(wrong ?? '');
  },
}));
