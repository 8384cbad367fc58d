#!/usr/bin/env node
// The `undertone` command. On a Node that cannot run TypeScript, and so could not read cli.ts, it says in one line what
// is missing.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  // Node keeps the compiled code here for the next start. Where it cannot write, it compiles each time.
  module.enableCompileCache(fileURLToPath(new URL('../.cache/compiled', import.meta.url)));
  await import('./cli.ts');
} else {
  process.stderr.write(
    `undertone needs Node 22.18 or newer and this is ${process.versions.node}: ` +
      'run it as `npx undertone …` or `npm start`, which bring their own Node.\n',
  );
  process.exitCode = 2;
}
