import { cases } from './cases/soak.ts';
import { testCases } from './test-cases.ts';

testCases('soak', cases);
