import { expect, it } from 'vitest';
import type { StillImage } from '../../../../pipeline/index.ts';
import { PictureReceiver } from '../../../../server/ingest/webrtc/media/picture-receiver.ts';
import { StreamClock } from '../../../../server/ingest/webrtc/rtp/stream-clock.ts';

const CODEC = { payloadType: 96, name: 'vp8', clockRateHz: 90_000, channelCount: 1, parameters: '', feedback: [] };
const PICTURE: StillImage = { encoding: 'rgb24', widthPx: 1, heightPx: 1, bytes: new Uint8Array(3) };
const KEY = Buffer.from([0x10, 0x00, 0xaa]);
const NEEDED = Buffer.from([0x10, 0x01, 0xbb]);
const DISPOSABLE = Buffer.from([0x30, 0x01, 0xcc]);
const FRAME_MS = 50;

it('decodes frames that no other frame needs only when a picture is due', async () => {
  const decoded: [number, boolean][] = [];
  const pictures: number[] = [];
  const receiver = new PictureReceiver({
    codec: { kind: 'vp8', codec: CODEC, red: null, rtx: null },
    decoder: {
      async decode(data, wanted) {
        decoded.push([data[1]!, wanted]);
        return wanted ? PICTURE : null;
      },
      close() {},
    },
    clock: new StreamClock(90_000),
    waitMs: 100,
    onPicture: (startMs) => pictures.push(startMs),
    requestPackets() {},
    requestKeyFrame() {},
    onDroppedFrame() {},
  });
  // Twenty pictures a second, of which every other one is needed by those behind it.
  const payloads = [KEY, DISPOSABLE, NEEDED, DISPOSABLE, NEEDED, DISPOSABLE, NEEDED];
  for (const [sequence, payload] of payloads.entries()) {
    const nowMs = sequence * FRAME_MS;
    const header = { payloadType: 96, marker: true, sequence, timestamp: 90 * nowMs, ssrc: 1, extensions: null };
    receiver.receive({ ...header, payload }, nowMs, nowMs);
    // The decoder answers in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(decoded).toEqual([
    [0xaa, true],
    [0xbb, false],
    [0xcc, true],
    [0xbb, false],
    [0xbb, true],
  ]);
  expect(pictures).toEqual([0, 150, 300]);
});
