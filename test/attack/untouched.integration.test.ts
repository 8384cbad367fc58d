import { cases } from './cases/untouched.ts';
import { testCases } from './test-cases.ts';

testCases('untouched', cases);
