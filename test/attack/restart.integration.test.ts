import { cases } from './cases/restart.ts';
import { testCases } from './test-cases.ts';

testCases('restart', cases);
