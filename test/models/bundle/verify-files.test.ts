import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../models/bundle/sha256.ts';
import { verifyFiles } from '../../../models/index.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'verify-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('verifyFiles', () => {
  it('compares every file that the manifest names, wherever in it', async () => {
    writeFileSync(join(folder, 'a'), 'first');
    writeFileSync(join(folder, 'b'), 'changed');
    const named = (file: string, text: string) => ({ file, sha256: sha256(Buffer.from(text)), bytes: 5 });
    const manifest = {
      id: 'x',
      text: { tokenizer: named('a', 'first') },
      graphs: { one: named('b', 'second') },
      more: [named('c', 'third')],
    };
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    expect(await verifyFiles(folder)).toEqual([
      { file: 'a', state: 'intact' },
      { file: 'b', state: 'damaged' },
      { file: 'c', state: 'missing' },
    ]);
  });

  it.each([
    ['is not there', null, 'cannot be read'],
    ['is no JSON', '{', 'cannot be read'],
    ['names no file', '{"graphs":{}}', 'names no file'],
  ])('rejects where the manifest %s', async (_what, content, message) => {
    if (content !== null) writeFileSync(join(folder, 'manifest.json'), content);
    await expect(verifyFiles(folder)).rejects.toMatchObject({
      code: 'invalid-bundle',
      message: expect.stringContaining(message),
    });
  });
});
