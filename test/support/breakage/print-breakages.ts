// Breaks each stage once and prints the table of docs/debugging.md. Usage: node
// test/support/breakage/print-breakages.ts
import { breakEachStage } from './break-each-stage.ts';
import { toBreakageTable } from './breakage-table.ts';

process.stdout.write(`${toBreakageTable(await breakEachStage())}\n`);
