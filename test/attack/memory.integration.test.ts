import { cases } from './cases/memory.ts';
import { testCases } from './test-cases.ts';

testCases('memory', cases);
