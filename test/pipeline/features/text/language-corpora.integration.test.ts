import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LanguageBelief } from '../../../../pipeline/features/text/language-belief.ts';
import { createLanguageScale } from '../../../../pipeline/features/text/language-evidence.ts';
import { asLive, withoutMarks } from '../../../support/pipeline/call-sentences.ts';
import { languageModel } from '../../../support/pipeline/language-model.ts';

const DATA = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));
const hasData = existsSync(DATA);
if (!hasData) console.warn('SKIPPED: the language of MELD and nEMO, because ../shared/data is absent');

const weigh = createLanguageScale(languageModel, ['en']);

interface Line {
  readonly speaker: string;
  readonly text: string;
}

/** MELD's utterances in order, as a live recogniser writes them; a speaker is one of one dialogue. */
function meld(): Line[] {
  return ['train', 'dev', 'test'].flatMap((split) => {
    const csv = readFileSync(`${DATA}meld/${split}_sent_emo.csv`, 'utf8').replace(/[\u0091\u0092]/gu, "'");
    const rows = [...csv.matchAll(/^\d+,("(?:[^"]|"")*"|[^,]*),("(?:[^"]|"")*"|[^,]*),\w+,\w+,(\d+),/gmu)];
    return rows.map(([, text, speaker, dialogue]) => ({
      speaker: `${split} ${dialogue} ${speaker}`,
      text: asLive(text!),
    }));
  });
}

describe.skipIf(!hasData)('English as it is spoken', () => {
  const lines = hasData ? meld().filter(({ text }) => text !== '') : [];
  const isLong = (text: string) => text.split(' ').length >= 8;
  const marked = (judge: (line: Line, turn: number) => boolean) => {
    const found = lines.filter(judge);
    const long = lines.filter(({ text }) => isLong(text)).length;
    return {
      all: found.length / lines.length,
      long: found.filter(({ text }) => isLong(text)).length / long,
    };
  };

  it('is read whole', () => expect(lines.length).toBeGreaterThan(13_500));

  it('is hardly ever taken for another language, each utterance alone', () => {
    const shares = marked(({ text }) => new LanguageBelief().isForeign({ id: 'u', startMs: 0 }, weigh(text)));
    expect(shares.all).toBeLessThan(0.005);
    expect(shares.long).toBeLessThan(0.001);
  });

  it('is hardly ever taken for another language, with what the speaker said before', () => {
    const beliefs = new Map<string, LanguageBelief>();
    const shares = marked(({ speaker, text }, turn) => {
      const belief = beliefs.get(speaker) ?? new LanguageBelief();
      beliefs.set(speaker, belief);
      return belief.isForeign({ id: `${turn}`, startMs: turn }, weigh(text));
    });
    expect(shares.all).toBeLessThan(0.005);
    expect(shares.long).toBeLessThan(0.001);
  });
});

describe.skipIf(!hasData)("nEMO's Polish sentences", () => {
  it.each(Object.entries({ asLive, withoutMarks }))('are not English, each alone, %s', (_, spell) => {
    const rows = readFileSync(`${DATA}nemo/data.tsv`, 'utf8').trim().split('\n').slice(1);
    const sentences = [...new Set(rows.map((row) => row.split('\t')[2]!))];
    const found = sentences.filter((text) =>
      new LanguageBelief().isForeign({ id: 'u', startMs: 0 }, weigh(spell(text))),
    );
    expect(sentences.length).toBeGreaterThan(80);
    expect(found.length / sentences.length).toBeGreaterThan(0.9);
  });
});
