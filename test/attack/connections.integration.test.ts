import { cases } from './cases/connections.ts';
import { testCases } from './test-cases.ts';

testCases('connections', cases);
