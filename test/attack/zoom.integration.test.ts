import { cases } from './cases/zoom.ts';
import { testCases } from './test-cases.ts';

testCases('zoom', cases);
