import { cases } from './cases/health.ts';
import { testCases } from './test-cases.ts';

testCases('health', cases);
