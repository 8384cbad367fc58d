import { cases } from './cases/fairness.ts';
import { testCases } from './test-cases.ts';

testCases('fairness', cases);
