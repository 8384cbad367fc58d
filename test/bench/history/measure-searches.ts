import type { HistoryStore, SessionQuery } from '../../../server/history/history-store.ts';
import { type Figure, latencyFigure } from '../figure.ts';
import { CALLERS, type SyntheticCalls, UTTERANCES_PER_CALL } from './synthetic-calls.ts';

/** Longest time that a page of results may take, in ms. */
const TARGET_MS = 50;
const MINUTE_MS = 60_000;

/** Times pages of lists and searches, each with other values every time. */
export async function measureSearches(
  store: HistoryStore,
  calls: SyntheticCalls,
  utterances: number,
  repeats: number,
): Promise<Figure[]> {
  const callCount = Math.floor(utterances / UTTERANCES_PER_CALL);
  let state = 7;
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % below;
  };
  const word = (from: number, to: number) => calls.word(from + random(to - from));
  const common = () => word(0, 20);
  const day = (at = random(callCount)) => {
    const fromMs = Date.UTC(2026, 0, 1) + at * MINUTE_MS;
    return { fromMs, toMs: fromMs + 86_400_000 };
  };
  const queries: readonly (readonly [string, () => Omit<SessionQuery, 'limit'>])[] = [
    ['list, newest', () => ({})],
    ['list, any page', () => ({ cursor: 1 + random(callCount) })],
    ['one day', () => day()],
    ['one caller', () => ({ participant: `caller-${random(CALLERS)}` })],
    ['label, confidence from 0.6', () => ({ label: 'anger', minConfidence: 0.6 })],
    ['a frequent word', () => ({ text: common() })],
    ['a rare word', () => ({ text: word(5000, 25_000) })],
    ['two frequent words', () => ({ text: `${common()} ${common()}` })],
    ['two frequent words that follow each other', () => ({ text: `"${common()} ${common()}"` })],
    ['a frequent word by one caller', () => ({ text: common(), participant: `caller-${random(CALLERS)}` })],
    ['a frequent word, label, confidence from 0.9', () => ({ text: common(), label: 'fear', minConfidence: 0.9 })],
    ['a frequent word on one day', () => ({ text: common(), ...day() })],
    ['a word that nobody said', () => ({ text: 'xylophone' })],
    ['confidence from 0.99, nothing else', () => ({ minConfidence: 0.99 })],
  ];
  const figures: Figure[] = [];
  for (const [name, make] of queries) {
    const latenciesMs: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const fromMs = performance.now();
      await store.sessions({ ...make(), limit: 50 });
      latenciesMs.push(performance.now() - fromMs);
    }
    figures.push(latencyFigure(name, latenciesMs, TARGET_MS));
    process.stderr.write(`  ${name}: ${figures.at(-1)!.measured}\n`);
  }
  return figures;
}
