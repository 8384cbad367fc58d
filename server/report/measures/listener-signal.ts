import { lengthMs, type MeasuredUtterance } from './measured-utterance.ts';

/** Longest listener's signal, in ms. */
const LONGEST_MS = 2000;
/** Longest listener's signal whose words are not known, in ms. */
const LONGEST_WITHOUT_WORDS_MS = 800;

/** Words of listeners: English, German, French, Spanish, Italian, Portuguese, Polish and Russian. */
const WORDS = new RegExp(
  `^(?:${[
    ...[
      'a+h',
      'aha+',
      'hm+',
      'm+',
      'm+h[hmu]*',
      'o+h',
      'uh',
      'uhhuh',
      'uhm',
      'um',
      'wow',
      'alright',
      'cool',
      'exactly',
    ],
    ...[
      'good',
      'great',
      'k+',
      'ok',
      'okay',
      'really',
      'right',
      'sure',
      'true',
      'ya',
      'yeah',
      'yep',
      'yes',
      'yup',
      'ach',
    ],
    ...[
      'achso',
      'genau',
      'gut',
      'ja+',
      'jaja',
      'klar',
      'stimmt',
      'verstehe',
      'bien',
      'daccord',
      'oui',
      'ouais',
      'voilà',
    ],
    ...[
      'claro',
      'sí',
      'si',
      'vale',
      'certo',
      'sì',
      'pois',
      'sim',
      'tá',
      'dobrze',
      'jasne',
      'rozumiem',
      'tak',
      'ага',
      'да',
    ],
    ...['понятно', 'угу', 'хорошо'],
  ].join('|')})$`,
  'u',
);
const PHRASES = /(?<!\p{L})(?:ach so|all right|d accord|i know|i see|uh huh|va bene)(?!\p{L})/gu;

/**
 * Listener's signal: an utterance of at most 2 seconds that only says that one is listening, such as "mhm" or "I see".
 * Without words, every utterance of at most 0.8 seconds is one.
 */
export function isListenerSignal(utterance: MeasuredUtterance): boolean {
  if (utterance.text === null) return lengthMs(utterance) <= LONGEST_WITHOUT_WORDS_MS;
  if (lengthMs(utterance) > LONGEST_MS) return false;
  const words = utterance.text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}]+/gu, ' ')
    .replace(PHRASES, ' ')
    .split(' ')
    .filter((word) => word !== '');
  return words.every((word) => WORDS.test(word));
}
