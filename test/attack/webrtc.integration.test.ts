import { cases } from './cases/webrtc.ts';
import { testCases } from './test-cases.ts';

testCases('webrtc', cases);
