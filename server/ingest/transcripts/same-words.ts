/** Share of the shorter text's words that the longer one has, from which both are versions of the same speech. */
const ALIKE_SHARE = 0.5;

/** Whether two texts are versions of the same speech: apart from case, punctuation and corrections. */
export function sameWords(a: string, b: string): boolean {
  const [shorter, longer] = [wordsIn(a), wordsIn(b)].sort((x, y) => x.size - y.size) as [Set<string>, Set<string>];
  if (shorter.size === 0) return true;
  const shared = shorter.intersection(longer).size;
  return shared >= ALIKE_SHARE * shorter.size;
}

function wordsIn(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}
