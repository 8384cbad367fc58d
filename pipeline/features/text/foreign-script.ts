/** The scripts that a mixed script of `Intl.Locale` consists of. */
const MIXTURES: Readonly<Record<string, readonly string[]>> = {
  Hans: ['Hani'],
  Hant: ['Hani'],
  Jpan: ['Hani', 'Hira', 'Kana'],
  Kore: ['Hang', 'Hani'],
};

/** In scripts without spaces, two letters count as a word. */
const WITHOUT_SPACES = /[\p{Script=Hani}\p{Script=Hira}\p{Script=Kana}\p{Script=Thai}\p{Script=Laoo}\p{Script=Khmr}]/gu;

/**
 * @param languages - ISO 639 codes of the languages that are read
 * @returns whether most of the words are written in scripts that none of these languages uses. Latin letters never count:
 * every language borrows words that are written in them.
 */
export function createForeignScriptTest(languages: readonly string[]): (words: readonly string[]) => boolean {
  const scripts = languages.flatMap((language) => {
    const { script } = new Intl.Locale(language).maximize();
    return script === undefined ? [] : (MIXTURES[script] ?? [script]);
  });
  const known = [...new Set(['Latn', 'Zyyy', 'Zinh', ...scripts])].map((script) => `\\p{Script=${script}}`);
  const foreign = new RegExp(`[^\\P{L}${known.join('')}]`, 'gu');
  return (words) => {
    let foreignWords = 0;
    for (const word of words) {
      const letters = word.match(foreign)?.join('') ?? '';
      if (letters === '') foreignWords -= 1;
      else foreignWords += Math.max(1, (letters.match(WITHOUT_SPACES)?.length ?? 0) / 2);
    }
    return foreignWords > 0;
  };
}
