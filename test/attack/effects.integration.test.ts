import { cases } from './cases/effects.ts';
import { testCases } from './test-cases.ts';

testCases('effects', cases);
