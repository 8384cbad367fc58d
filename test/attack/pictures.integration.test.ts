import { cases } from './cases/pictures.ts';
import { testCases } from './test-cases.ts';

testCases('pictures', cases);
