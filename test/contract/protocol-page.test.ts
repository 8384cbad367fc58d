import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  CLOSE_CODES,
  EVENT_TYPES,
  PUBLISH_SUBPROTOCOL,
  REFUSAL_CODES,
  SUBSCRIBE_SUBPROTOCOL,
  TOKEN_SUBPROTOCOL_PREFIX,
  TRANSCRIPT_SOURCES,
} from '../../client-sdk/protocol/index.ts';

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
/** Rows of its tables, without the padding of their columns. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((row) => row.replace(/ +\|/g, ' |'));

describe('the page about the protocol', () => {
  it('has the table of close codes as it is in the code', () => {
    const expected = Object.entries(CLOSE_CODES).map(
      ([reason, { code, retry, meaning }]) => `| ${code} | \`${reason}\` | ${retry ? 'yes' : 'no'} | ${meaning} |`,
    );
    expect(rows.filter((row) => /^\| 4\d{3} /.test(row))).toEqual(expected);
  });

  it('has the table of refusal codes as it is in the code', () => {
    const expected = Object.entries(REFUSAL_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
    expect(rows).toEqual(expect.arrayContaining(expected));
  });

  it('names every event, recogniser and subprotocol', () => {
    for (const source of TRANSCRIPT_SOURCES) expect(rows.some((row) => row.startsWith(`| \`${source}\` |`))).toBe(true);
    for (const type of EVENT_TYPES) expect(rows.some((row) => row.startsWith(`| \`${type}\` |`))).toBe(true);
    for (const name of [PUBLISH_SUBPROTOCOL, SUBSCRIBE_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX]) {
      expect(page).toContain(name);
    }
  });
});
