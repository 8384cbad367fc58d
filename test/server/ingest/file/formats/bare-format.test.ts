import { describe, expect, it } from 'vitest';
import { bareFormat } from '../../../../../server/ingest/file/formats/bare-format.ts';

const SAMPLES = Uint8Array.of(0x7f, 0xfe, 0x7e, 0xff, 0x00, 0x12);

describe('the format of a file without a header', () => {
  it.each([
    ['call.ulaw', { name: 'mulaw', sampleRateHz: 8000 }],
    ['CALL.ALAW', { name: 'alaw', sampleRateHz: 8000 }],
    ['/spool/a.b/call.sln16', { name: 's16le', sampleRateHz: 16_000 }],
    ['call.gsm', { name: 'gsm' }],
    ['call.g722', { name: 'g722' }],
    ['call.wav', null],
    ['call', null],
  ])('of %s is known by the name', (name, format) => {
    expect(bareFormat(name, SAMPLES)).toEqual(format);
  });

  it('is what the header says where there is one, whatever the name', () => {
    expect(bareFormat('call.ulaw', new TextEncoder().encode('RIFF0000WAVE'))).toBeNull();
  });
});
