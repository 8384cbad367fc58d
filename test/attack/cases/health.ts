import { copyFile, cp, mkdtemp, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AttackCase } from '../attack-case.ts';
import { ServerUnderAttack } from '../server-under-attack.ts';

/** Files of models, how each is damaged, and what must be named. */
const DAMAGES: readonly { readonly file: string; damage(path: string): Promise<void> }[] = [
  // A graph that loads, and takes other inputs.
  {
    file: 'face-detector.onnx',
    damage: (path) => copyFile(path.replace('detector', 'landmarks'), path),
  },
  { file: 'voice-encoder.onnx', damage: (path) => writeFile(path, 'not a graph') },
  { file: 'face-landmarks.onnx', damage: unlink },
];
const ANSWER_WITHIN_MS = 60_000;
const FOLDER_OF: Readonly<Record<string, string>> = {
  'face-detector.onnx': 'faces',
  'face-landmarks.onnx': 'faces',
  'voice-encoder.onnx': 'voice',
};

export const cases: readonly AttackCase[] = [
  {
    name: 'a server with a damaged model says which file it is, and never that it is ready',
    async run(attack) {
      const copy = await copyOf(attack.folder);
      try {
        for (const { file, damage } of DAMAGES) {
          const path = join(copy, 'models', FOLDER_OF[file]!, file);
          const original = join(attack.folder, 'models', FOLDER_OF[file]!, file);
          await damage(path);
          await mustNotBeReady(copy, file);
          await copyFile(original, path);
        }
      } finally {
        await rm(copy, { recursive: true, force: true });
      }
    },
  },
];

async function mustNotBeReady(folder: string, file: string): Promise<void> {
  let server: ServerUnderAttack;
  try {
    server = await ServerUnderAttack.start(folder, {}, ANSWER_WITHIN_MS);
  } catch (error) {
    // It refused to start: in words that name the file.
    if (error instanceof Error && error.message.includes(file)) return;
    throw error;
  }
  const answer = await fetch(`${server.url}/readyz`);
  const body = await answer.text();
  await server[Symbol.asyncDispose]();
  if (answer.status === 200 || !body.includes(file)) {
    throw new Error(`with ${file} damaged, /readyz answered ${answer.status} ${body}`);
  }
}

/** What the server needs of a checkout; packages are those of the original. */
async function copyOf(folder: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'checkout-'));
  for (const part of ['server', 'client-sdk', 'pipeline', 'models', 'package.json', 'tsconfig.json']) {
    const filter = (path: string) => !path.includes('models/training') && !path.includes('node_modules');
    await cp(join(folder, part), join(copy, part), { recursive: true, filter });
  }
  await symlink(join(folder, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}
