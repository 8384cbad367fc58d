// `npm run attack`: attacks a server on this machine in every way that is known, and says what held.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from '../bench/machine.ts';
import { readCases } from './read-cases.ts';
import { hasForm, runCase } from './run-case.ts';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    against: { type: 'string', default: fileURLToPath(new URL('../..', import.meta.url)) },
    seed: { type: 'string', default: '1' },
  },
});

const form = values.short ? 'short' : 'long';
const cases = (await readCases()).filter((one) => one.name.includes(values.only) && hasForm(one, form));
if (values.list) {
  for (const { name } of cases) process.stdout.write(`${name}\n`);
} else {
  process.stdout.write(`${describeMachine()}\n`);
  let failed = 0;
  for (const attackCase of cases) {
    process.stdout.write(`  …     ${attackCase.name}`);
    const result = await runCase(attackCase, { form, folder: values.against, seed: Number(values.seed) });
    const verdict = result.failure === null ? 'held  ' : 'FAILED';
    process.stdout.write(`\r${verdict}  ${attackCase.name}  (${result.seconds.toFixed(1)} s)\n`);
    for (const { name, value, unit } of result.figures) {
      process.stdout.write(`          ${name}: ${Number(value.toPrecision(4))} ${unit}\n`);
    }
    if (result.failure !== null) {
      failed += 1;
      const { failure } = result;
      process.stdout.write(`          ${failure instanceof Error ? failure.message : String(failure)}\n`);
    }
  }
  process.stdout.write(`${cases.length - failed} held, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
