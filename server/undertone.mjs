#!/usr/bin/env node
// The `undertone` command: says in one line what is missing on a Node that cannot run TypeScript, where cli.ts itself
// could not even be read.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  await import('./cli.ts');
} else {
  process.stderr.write(
    `undertone needs Node 22.18 or newer and this is ${process.versions.node}: ` +
      'run it as `npx undertone …` or `npm start`, which bring their own Node.\n',
  );
  process.exitCode = 2;
}
