/** One voice's part of a cue. */
export interface VoicePart {
  /** Null: no voice tag names the speaker. */
  readonly speaker: string | null;
  readonly text: string;
}

/** Longest tag, in characters. A longer text between `<` and `>` is text. */
const MAX_TAG_LENGTH = 300;
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  lrm: '',
  rlm: '',
  shy: '',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
};

/**
 * The text of a cue without its tags, in parts per voice (`<v Name>`). Takes WebVTT, and what SubRip files contain:
 * `<font …>`, `{\an8}`. Linear in the length of the payload.
 */
export function voiceParts(payload: string): VoicePart[] {
  const parts: { speaker: string | null; text: string }[] = [{ speaker: null, text: '' }];
  let at = 0;
  let close = -1;
  for (;;) {
    const open = payload.indexOf('<', at);
    if (open >= 0 && close < open) close = payload.indexOf('>', open);
    if (open < 0 || close < 0) break;
    parts.at(-1)!.text += payload.slice(at, open);
    const tag = close - open > MAX_TAG_LENGTH ? '' : payload.slice(open + 1, close);
    if (!/^\/?[a-zA-Z0-9]/.test(tag) || tag.includes('<')) {
      parts.at(-1)!.text += '<';
      at = open + 1;
      continue;
    }
    const voice = /^v(?:\.\S*)?[ \t](.*)$/s.exec(tag);
    if (voice !== null) parts.push({ speaker: plain(voice[1]!), text: '' });
    else if (tag === '/v') parts.push({ speaker: null, text: '' });
    // A line break separates words. Other tags may stand within one.
    else if (/^br\b/i.test(tag)) parts.at(-1)!.text += ' ';
    at = close + 1;
  }
  parts.at(-1)!.text += payload.slice(at);
  return parts
    .map(({ speaker, text }) => ({ speaker: speaker === '' ? null : speaker, text: plain(text) }))
    .filter(({ text }) => text !== '');
}

function plain(text: string): string {
  return text
    .replace(/\{\\[^{}]{0,100}\}/g, '')
    .replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));/g, (whole, decimal, hex, name) => {
      if (name !== undefined) return NAMED[name as string] ?? whole;
      const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex as string, 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    })
    .replace(/\s+/g, ' ')
    .trim();
}
