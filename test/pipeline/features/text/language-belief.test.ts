import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LanguageBelief } from '../../../../pipeline/features/text/language-belief.ts';
import { createLanguageScale } from '../../../../pipeline/features/text/language-evidence.ts';
import { asLive, callSentences, withoutMarks } from '../../../support/pipeline/call-sentences.ts';
import { languageModel } from '../../../support/pipeline/language-model.ts';

const readsEnglish = createLanguageScale(languageModel, ['en']);
const english = readFileSync(
  new URL('../../../fixtures/languages/english-call-sentences.txt', import.meta.url),
  'utf8',
).trim();
const SPELLINGS = { asWritten: (text: string) => text, asLive, withoutMarks };

/** Whether each text is foreign, said one after the other by the same participant. */
function judge(texts: readonly string[], weigh = readsEnglish): boolean[] {
  const belief = new LanguageBelief();
  return texts.map((text, turn) => belief.isForeign({ id: `u-${turn}`, startMs: turn * 1000 }, weigh(text)));
}

const alone = (text: string, weigh = readsEnglish): boolean => judge([text], weigh)[0]!;

function shareOf(texts: readonly string[], isForeign: (text: string) => boolean): number {
  return texts.filter(isForeign).length / texts.length;
}

/** The sentences of each language as one participant may say them: short and long in turns. */
function calls(spell: (text: string) => string): string[][] {
  const byLanguage = Map.groupBy(callSentences(), ({ language }) => language);
  return [...byLanguage.values()].map((sentences) => {
    const [long, short] = (['long', 'short'] as const).map((length) => sentences.filter((s) => s.length === length));
    return short!.flatMap((sentence, turn) => [spell(sentence.text), spell(long![turn]!.text)]);
  });
}

describe('the language of one utterance', () => {
  it.each(Object.entries(SPELLINGS))('is not English for a long sentence of thirteen languages, %s', (_, spell) => {
    const missed = callSentences().filter(({ length, text }) => length === 'long' && !alone(spell(text)));
    expect(missed).toEqual([]);
  });

  it.each(Object.entries(SPELLINGS))('is not English for most of the short ones, %s', (_, spell) => {
    const short = callSentences().filter(({ length }) => length === 'short');
    expect(
      shareOf(
        short.map(({ text }) => spell(text)),
        (text) => alone(text),
      ),
    ).toBeGreaterThan(0.85);
  });

  it.each([
    ['Swedish', 'jag har väntat i över en halvtimme och ingen kan svara på min fråga'],
    ['Danish', 'jeg har ventet i over en halv time og der er ingen der svarer mig'],
    ['Finnish', 'olen odottanut jo yli puoli tuntia eikä kukaan vastaa minulle'],
    ['Czech', 'čekám už přes půl hodiny a nikdo mi nedokáže nic říct'],
    ['Hungarian', 'már több mint fél órája várok és senki nem tud válaszolni'],
    ['Romanian', 'aștept de peste o jumătate de oră și nimeni nu îmi răspunde'],
    ['Vietnamese', 'tôi đã chờ hơn nửa tiếng đồng hồ rồi mà không ai trả lời tôi'],
    ['Indonesian', 'saya sudah menunggu lebih dari setengah jam dan tidak ada yang menjawab'],
    ['Greek', 'περιμένω πάνω από μισή ώρα και κανείς δεν μου απαντά'],
    ['Korean', '삼십 분 넘게 기다렸는데 아무도 대답을 안 해 줘요'],
    ['Thai', 'ฉันรอมานานกว่าครึ่งชั่วโมงแล้วและไม่มีใครตอบ'],
    ['Hebrew', 'אני מחכה כבר יותר מחצי שעה ואף אחד לא עונה לי'],
    ['Ukrainian', 'я чекаю вже понад пів години і ніхто мені не відповідає'],
  ])('is not English for %s', (_, text) => {
    expect(alone(text)).toBe(true);
  });

  it('is English for what English callers say, with fillers, foreign names, spelled letters and numbers', () => {
    for (const text of english.split('\n')) expect([text, alone(text)]).toEqual([text, false]);
  });

  it.each([
    'ok',
    'no',
    'Taxi!',
    'hola',
    'Krzysztof Wiśniewski',
    'Giovanni',
    'Müller',
    'Frankfurt',
    'd u p o n t',
    '0049 171 234567',
    'hmm',
    'hahaha',
    '…',
    '',
    '12 €',
  ])('is not doubted for a single "%s"', (text) => {
    expect(alone(text)).toBe(false);
  });

  it('is that of most words where two are mixed', () => {
    expect(alone("yeah so he said das geht nicht and I couldn't believe it")).toBe(false);
    expect(alone('ja also ich habe das gestern schon mal versucht aber das funktioniert einfach nicht okay')).toBe(
      true,
    );
    expect(alone('我想查一下我的 order 什么时候到')).toBe(true);
    expect(alone('Can you tell me when my order from 京东 will arrive?')).toBe(false);
  });

  it('takes any text', () => {
    for (const text of [
      '\ud800',
      'constructor __proto__ toString',
      'x'.repeat(100_000),
      '字'.repeat(100_000),
      '\u0301',
    ]) {
      expect(typeof alone(text)).toBe('boolean');
    }
  });
});

describe('the language of a participant', () => {
  it.each(Object.entries(SPELLINGS))('tells short utterances between longer ones, %s', (_, spell) => {
    const verdicts = calls(spell).flatMap((texts) => judge(texts));
    expect(shareOf(verdicts.map(String), (verdict) => verdict === 'true')).toBeGreaterThan(0.97);
  });

  it('tells what one short utterance does not', () => {
    expect(alone('das stimmt')).toBe(false);
    expect(judge(['ich rufe wegen meiner rechnung an', 'das stimmt'])).toEqual([true, true]);
  });

  it('comes together from short utterances alone', () => {
    const short = callSentences().filter(({ language, length }) => language === 'de' && length === 'short');
    expect(judge(short.map(({ text }) => asLive(text))).slice(5)).toEqual([true, true, true, true, true]);
  });

  it('does not hold against words that are clearly English', () => {
    const german = callSentences().filter(({ language }) => language === 'de');
    const texts = [...german.map(({ text }) => text), 'sorry can we please do this in english', 'ok', 'thank you'];
    expect(judge(texts).slice(-3)).toEqual([false, false, false]);
  });

  it('protects an English speaker who tells a foreign name or address', () => {
    const said = ['hello i would like to change my address please', 'yes of course i can tell you'];
    expect(judge([...said, 'Krzysztof Wiśniewski', 'Calle de Alcalá Madrid']).slice(2)).toEqual([false, false]);
  });

  it('never marks what tells nothing', () => {
    expect(judge(['ich rufe wegen meiner rechnung an', 'ok', '4 2 7', 'hm'])).toEqual([true, false, false, false]);
  });

  it('counts a revised utterance once, and only what was said before', () => {
    const belief = new LanguageBelief();
    const at = (startMs: number, text: string) => belief.isForeign({ id: `u-${startMs}`, startMs }, readsEnglish(text));
    expect(at(5000, 'ich rufe wegen meiner rechnung an')).toBe(true);
    expect(at(1000, 'das stimmt')).toBe(false);
    expect(at(6000, 'das stimmt')).toBe(true);
    expect(at(5000, 'i am calling about my bill')).toBe(false);
    expect(at(6000, 'das stimmt')).toBe(false);
  });

  it('holds for its own participant alone', () => {
    judge(['ich rufe wegen meiner rechnung an']);
    expect(judge(['das stimmt'])).toEqual([false]);
  });

  it('fades behind what is said later', () => {
    const german = Array.from({ length: 3 }, () => 'ich rufe wegen meiner rechnung an');
    const english = Array.from({ length: 8 }, () => 'i am calling because of my bill');
    expect(judge([...german, 'das stimmt']).at(-1)).toBe(true);
    expect(judge([...german, ...english, 'das stimmt']).at(-1)).toBe(false);
  });
});

describe('a bundle of other languages', () => {
  it('reads these, and not English', () => {
    const weigh = createLanguageScale(languageModel, ['de', 'fr']);
    expect(alone('ich warte jetzt schon seit einer halben stunde', weigh)).toBe(false);
    expect(alone("est-ce que vous pourriez m'aider s'il vous plaît", weigh)).toBe(false);
    expect(alone("i've been on hold for forty minutes and nobody helps me", weigh)).toBe(true);
  });

  it('reads their scripts', () => {
    expect(
      alone('同じ料金が二回引き落とされているので返金してください', createLanguageScale(languageModel, ['ja'])),
    ).toBe(false);
    expect(alone('삼십 분 넘게 기다렸는데 아무도 대답을 안 해 줘요', createLanguageScale(languageModel, ['ja']))).toBe(
      true,
    );
    expect(alone('मैं आधे घंटे से इंतज़ार कर रहा हूँ', createLanguageScale(languageModel, ['hi']))).toBe(false);
  });

  it('marks nothing by its words where a language is unknown, and nothing at all where none is named', () => {
    const welsh = createLanguageScale(languageModel, ['cy']);
    expect(alone('ich warte jetzt schon seit einer halben stunde', welsh)).toBe(false);
    expect(alone('我已经等了半个多小时了', welsh)).toBe(true);
    expect(alone('我已经等了半个多小时了', createLanguageScale(languageModel, []))).toBe(false);
  });
});
