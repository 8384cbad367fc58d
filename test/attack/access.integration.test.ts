import { cases } from './cases/access.ts';
import { testCases } from './test-cases.ts';

testCases('access', cases);
