import { cases } from './cases/webrtc-bytes.ts';
import { testCases } from './test-cases.ts';

testCases('webrtc bytes', cases);
