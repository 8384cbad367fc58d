import { cases } from './cases/logs.ts';
import { testCases } from './test-cases.ts';

testCases('logs', cases, { atOnce: true });
