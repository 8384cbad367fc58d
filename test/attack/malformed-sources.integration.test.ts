import { cases } from './cases/malformed-sources.ts';
import { testCases } from './test-cases.ts';

testCases('malformed sources', cases);
