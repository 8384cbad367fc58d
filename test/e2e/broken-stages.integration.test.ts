import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BreakageResult, breakEachStage } from '../support/breakage/break-each-stage.ts';
import { toBreakageTable } from '../support/breakage/breakage-table.ts';
import { BREAKAGES } from '../support/breakage/breakages.ts';

const LEVELS = { debug: 20, warn: 40, error: 50 };
let results: BreakageResult[];

beforeAll(async () => {
  results = await breakEachStage();
});

describe('the log of a server in which a stage breaks', () => {
  it.each(BREAKAGES)('names session, stage and cause where $what', ({ id, line: expected }) => {
    const { line } = results.find(({ breakage }) => breakage.id === id)!;
    const { level, stage, code, cause, names } = expected;
    expect(line).toMatchObject({ sessionId: id, level: LEVELS[level], stage, code });
    for (const name of names) expect(line?.[name]).toMatch(/\S/);
    if (cause === null) expect(line).not.toHaveProperty('cause');
    else expect(line?.cause).toMatch(cause);
  });

  it('holds no word, and no name of a person', () => {
    const text = results.map((result) => result.text).join('');
    expect(text).not.toMatch(/secret|diagnosis|confidential|Ann Example/);
  });

  it('is the table in docs/debugging.md', () => {
    const page = readFileSync(new URL('../../docs/debugging.md', import.meta.url), 'utf8');
    expect(page).toContain(toBreakageTable(results));
  });
});
