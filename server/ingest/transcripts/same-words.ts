/** Share of the longer text's words that the shorter one has, from which both are the same speech. */
const SAME_SHARE = 0.8;

/** Whether two texts are the same speech, apart from case, punctuation and small corrections. */
export function sameWords(a: string, b: string): boolean {
  const [shorter, longer] = [wordsIn(a), wordsIn(b)].sort((x, y) => x.size - y.size) as [Set<string>, Set<string>];
  return shorter.intersection(longer).size >= SAME_SHARE * longer.size;
}

function wordsIn(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}
