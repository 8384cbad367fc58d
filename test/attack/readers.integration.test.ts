import { cases } from './cases/readers.ts';
import { testCases } from './test-cases.ts';

testCases('readers', cases);
