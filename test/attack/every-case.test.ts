import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';

const filesOf = (folder: string) => readdirSync(new URL(folder, import.meta.url));

it('runs every attack in the suite', () => {
  const tested = filesOf('.').flatMap((file) => file.match(/^(.+)\.integration\.test\.ts$/)?.[1] ?? []);
  const attacks = filesOf('./cases/').map((file) => file.replace(/\.ts$/, ''));
  expect(tested.sort()).toEqual(attacks.sort());
});
