import { eld } from 'eld/small';
import { describe, expect, it } from 'vitest';
import { languageModel } from '../../support/pipeline/language-model.ts';

const likeliest = (text: string): string => {
  const weights = languageModel.weigh(text);
  return languageModel.languages[weights.indexOf(Math.max(...weights))]!;
};

describe('the language model', () => {
  it('knows 60 languages, each once', () => {
    expect(new Set(languageModel.languages).size).toBe(60);
    expect(languageModel.languages).toEqual(expect.arrayContaining(['en', 'de', 'es', 'fr', 'pl', 'it', 'zh']));
  });

  it.each([
    ['en', 'nobody has called me back'],
    ['de', 'niemand hat mich zurückgerufen'],
    ['es', 'nadie me ha devuelto la llamada'],
    ['fr', "personne ne m'a rappelé"],
    ['pl', 'nikt do mnie nie oddzwonił'],
    ['it', 'nessuno mi ha richiamato'],
    ['zh', '没有人给我回电话'],
  ])('finds %s', (language, text) => {
    expect(likeliest(text)).toBe(language);
  });

  it.each([
    'Nobody has called me back, and I don’t know why.',
    'Grüße aus Köln: die Straße ist gesperrt!',
    'Никто мне не перезвонил',
    'Κανείς δεν με πήρε τηλέφωνο',
    'لم يتصل بي أحد',
    '誰も折り返し電話をくれませんでした',
  ])('weighs as the package whose n-grams it has: %s', (text) => {
    const [ours, theirs] = [languageModel.weigh(text), eld.detect(text).getScores()];
    const first = languageModel.languages.indexOf(Object.keys(theirs)[0]!);
    // The package scales a mean m to m / (m + 25).
    const mean = (language: string) => (25 * (theirs[language] ?? 0)) / (1 - (theirs[language] ?? 0));
    for (const [row, language] of languageModel.languages.entries()) {
      expect(ours[row]! / ours[first]!).toBeCloseTo(mean(language) / mean(languageModel.languages[first]!), 5);
    }
  });

  it('gives twice the words about twice the weight', () => {
    const [german, twice] = ['niemand hat mich angerufen', 'niemand hat mich angerufen weil keiner dort arbeitet'];
    const row = languageModel.languages.indexOf('de');
    expect(languageModel.weigh(twice!)[row]! / languageModel.weigh(german!)[row]!).toBeGreaterThan(1.5);
  });

  it('weighs nothing where there are no words, and takes any text', () => {
    expect(languageModel.weigh('').every((weight) => weight === 0)).toBe(true);
    for (const text of ['\ud800', '__proto__ constructor', 'x'.repeat(1_000_000), '\u0000']) {
      expect([...languageModel.weigh(text)].every((weight) => Number.isFinite(weight) && weight >= 0)).toBe(true);
    }
  });
});
