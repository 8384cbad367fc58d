import { describe, expect, it } from 'vitest';
import { summarizeCall } from '../../../../server/dashboard/report/call-summary.ts';
import { describeColumn } from '../../../../server/dashboard/report/describe-column.ts';
import { toCsv } from '../../../../server/dashboard/report/export-csv.ts';
import { toExportJson } from '../../../../server/dashboard/report/export-json.ts';
import { laneColumns, laneGrain, sentimentReach } from '../../../../server/dashboard/report/lane-columns.ts';
import type { ReportData, ReportUtterance } from '../../../../server/dashboard/report/report-data.ts';
import { EVERY_ROW, filterRows, findPieces } from '../../../../server/dashboard/report/row-filter.ts';
import { spokenAt } from '../../../../server/dashboard/report/spoken-at.ts';
import { type Line, scriptedCall } from '../../../support/dashboard/scripted-call.ts';

const utterances = (...lines: Line[]) =>
  scriptedCall(...lines).map((each) => ({ ...each, failure: null }) as ReportUtterance);
const report = (...lines: Line[]): ReportData => ({
  title: 'Billing',
  sourceFileName: 'a.wav',
  durationMs: 60_000,
  modelId: 'm@1',
  showsAgentEmotions: false,
  utterances: utterances(...lines),
  warnings: [],
});

describe('the CSV of a report', () => {
  const words = (text: string | null) => {
    const [head, row] = toCsv(report({ who: 'customer', from: 1, to: 2.5, text })).split('\r\n');
    expect(head).toMatch(/^\ufeffstart_s,end_s,speaker,role,words,emotion,/);
    return row!.slice('1,2.5,Customer,customer,'.length, -',,,,,,'.length);
  };

  it.each(['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', ' =1', '\t=1', '\r=1', '＝1'])(
    'runs no formula of a spreadsheet: %j',
    (text) => expect(words(text)).toMatch(/^"?'/),
  );

  it('quotes commas, quotes and line ends, and leaves other words as they are', () => {
    expect(words('a, "b"\nc')).toBe('"a, ""b""\nc"');
    expect(words('Größe – ok')).toBe('Größe – ok');
    expect(words(null)).toBe('');
  });

  it('has numbers as numbers, also below zero', () => {
    const csv = toCsv(
      report({ who: 'customer', from: 1, to: 2, text: 'No', sentiment: -1.5, dissatisfied: true, certain: false }),
    );
    expect(csv).toContain('1,2,Customer,customer,No,neutral,false,0.7,-1.5,0.8,true\r\n');
  });
});

describe('the JSON of a report', () => {
  it('has measures and utterances', () => {
    const data = report({ who: 'customer', from: 0, to: 4, sentiment: -2 }, { who: 'agent', from: 5, to: 9 });
    const read = JSON.parse(toExportJson(data, summarizeCall(data)));
    expect(read.utterances).toHaveLength(2);
    expect(read.measures).toMatchObject({
      participants: [
        { id: 'customer', talkShare: 0.5 },
        { id: 'agent', talkShare: 0.5 },
      ],
      moments: { worst: ['u0'], best: [] },
    });
  });
});

describe('the summary of a call', () => {
  it('has customers first and agents last', () => {
    const lines = (['agent', 'unknown', 'customer'] as const).map((who, at) => ({ who, from: at, to: at + 1 }));
    const { parties } = summarizeCall(report(...lines));
    expect(parties.map(({ participant }) => participant.role)).toEqual(['customer', 'unknown', 'agent']);
    expect(parties.map(({ hidesEmotions }) => hidesEmotions)).toEqual([false, false, true]);
  });
});

describe('the rows of the transcript', () => {
  const rows = utterances(
    { who: 'customer', from: 0, to: 2, text: 'My INVOICE is wrong', sentiment: -1, label: 'anger' },
    { who: 'agent', from: 2, to: 4, text: 'Which invoice?' },
    {
      who: 'customer',
      from: 4,
      to: 6,
      text: 'This one',
      sentiment: -1,
      label: 'anger',
      certain: false,
      dissatisfied: true,
    },
    { who: 'customer', from: 6, to: 8, text: null, sentiment: 1, label: 'joy' },
  );
  const ids = (filter: object) => filterRows(rows, { ...EVERY_ROW, ...filter }).map(({ id }) => id);

  it('are filtered by words, speaker and emotion together', () => {
    expect(filterRows(rows, EVERY_ROW)).toBe(rows);
    expect(ids({ search: ' invoice' })).toEqual(['u0', 'u1']);
    expect(ids({ search: 'invoice', speakerId: 'agent' })).toEqual(['u1']);
    expect(ids({ feeling: 'anger' })).toEqual(['u0']);
    expect(ids({ feeling: 'unclear' })).toEqual(['u2']);
    expect(ids({ feeling: 'dissatisfied' })).toEqual(['u2']);
  });

  it('mark what was searched for, in any case', () => {
    expect(findPieces('An invoice, an INVOICE', 'Invoice')).toEqual([
      { text: 'An ', isFound: false },
      { text: 'invoice', isFound: true },
      { text: ', an ', isFound: false },
      { text: 'INVOICE', isFound: true },
    ]);
    for (const text of ['İstanbul invoice', 'words']) {
      expect(findPieces(text, text === 'words' ? '' : 'invoice')).toEqual([{ text, isFound: false }]);
    }
  });

  it('know which of them is being spoken', () => {
    expect(spokenAt(rows, 1999)?.id).toBe('u0');
    expect(spokenAt(rows, 2000)?.id).toBe('u1');
    expect(spokenAt(rows, 9000)).toBeNull();
  });
});

describe('the lanes of the timeline', () => {
  const call = utterances(
    { who: 'customer', from: 10, to: 40, sentiment: -2, label: 'anger' },
    { who: 'customer', from: 50, to: 60, sentiment: 2, label: 'joy' },
    { who: 'customer', from: 130, to: 136, sentiment: 1, label: 'joy', certain: false, dissatisfied: true },
  );

  it('show utterances where they have room, else minutes, else more', () => {
    expect(laneGrain(120_000, 1000)).toBe('utterance');
    expect(laneGrain(3_600_000, 1000)).toBe(60_000);
    expect(laneGrain(3_600_000, 340)).toBe(300_000);
    expect(laneGrain(36_000_000, 340)).toBe(900_000);
  });

  it('sum up each minute in which somebody speaks', () => {
    const [first, third, ...more] = laneColumns(call, 60_000);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ startMs: 0, endMs: 60_000, sentiment: -1, label: 'anger', isDissatisfied: false });
    expect(first?.spoken).toBeCloseTo(2 / 3);
    expect(third).toMatchObject({ startMs: 120_000, label: null, isDissatisfied: true });
    expect(describeColumn(first!, { name: 'Dana' })).toBe(
      '0:00–1:00 Dana · 2 utterances · speaks 67 % of the time · sentiment −1.0 · mostly anger',
    );
  });

  it('reach as far as the strongest sentiment of all', () => {
    expect(sentimentReach([])).toBe(1);
    expect(sentimentReach(laneColumns(call, 60_000))).toBe(1);
    expect(sentimentReach(laneColumns(call, 'utterance'))).toBe(2);
  });

  it('have one column per utterance in a short stretch', () => {
    const columns = laneColumns(call, 'utterance');
    expect(columns.map(({ startMs, spoken }) => [startMs, spoken])).toEqual([
      [10_000, 1],
      [50_000, 1],
      [130_000, 1],
    ]);
    expect(describeColumn(columns[2]!, { name: 'Dana' })).toContain('2:10 Dana · Unclear, perhaps joy 70 %');
  });
});
