import { fileURLToPath } from 'node:url';
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny';
import { SAMPLE_CALL_FILE } from '../e2e/sample-call.ts';

/** One compressed packet or frame of a recording. */
export interface Encoded {
  readonly startMs: number;
  readonly data: Uint8Array;
}

/** The voices of the customer and the agent of the bundled call, as encoded: Opus packets of 20 ms, mono. */
export async function sampleOpusPackets(untilMs: number): Promise<{ customer: Encoded[]; agent: Encoded[] }> {
  const input = new Input({ formats: ALL_FORMATS, source: new FilePathSource(SAMPLE_CALL_FILE) });
  const track = await input.getPrimaryAudioTrack();
  const [customer, agent]: [Encoded[], Encoded[]] = [[], []];
  for await (const { timestamp, data } of new EncodedPacketSink(track!).packets()) {
    if (timestamp * 1000 >= untilMs) continue;
    const [first, second] = splitStreams(data);
    // Containers round their times. The packets last exactly 20 ms each.
    const startMs = customer.length * 20;
    customer.push({ startMs, data: first });
    agent.push({ startMs, data: second });
  }
  input.dispose();
  return { customer, agent };
}

/** The two streams of one packet. The length of the first one follows its first byte (RFC 6716, appendix B). */
function splitStreams(data: Uint8Array): [Uint8Array, Uint8Array] {
  if ((data[0]! & 3) !== 0) throw new TypeError('the recording has other packets than this test reads');
  const [short, long] = [data[1]!, data[1]! + 4 * data[2]!];
  const [start, length] = short < 252 ? [2, short] : [3, long];
  return [Uint8Array.of(data[0]!, ...data.subarray(start, start + length)), data.slice(start + length)];
}

export const FILM = { widthPx: 320, heightPx: 240, perSecond: 15 } as const;

/** Films of one second. Each begins with a key frame and ends with the pose of its beginning. */
const FILMS = { vp8: 'film.vp8.webm', h264: 'film.baseline.mp4' } as const;

/**
 * A portrait that sways, with one key frame per second, in the form that RTP carries: VP8, or H.264 with start codes
 * and with its parameter sets before each key frame.
 */
export async function portraitFilm(seconds: number, codec: keyof typeof FILMS = 'vp8'): Promise<Encoded[]> {
  const path = fileURLToPath(new URL(`../../fixtures/media/${FILMS[codec]}`, import.meta.url));
  const input = new Input({ formats: ALL_FORMATS, source: new FilePathSource(path) });
  const track = (await input.getPrimaryVideoTrack())!;
  const second: Uint8Array[] = [];
  const { description } = (await track.getDecoderConfig())!;
  for await (const { data, type } of new EncodedPacketSink(track).packets()) {
    if (codec === 'vp8') second.push(data);
    else second.push(withStartCodes(data, type === 'key' ? (description as Uint8Array) : null));
  }
  input.dispose();
  return Array.from({ length: Math.round(seconds * FILM.perSecond) }, (_, frame) => ({
    startMs: (frame * 1000) / FILM.perSecond,
    data: second[frame % second.length]!,
  }));
}

/**
 * Replaces the four-byte lengths before an MP4's units with start codes. With `avcC`, its parameter sets come first.
 */
function withStartCodes(data: Uint8Array, avcC: Uint8Array | null): Uint8Array {
  const units: Uint8Array[] = [];
  if (avcC !== null) {
    const view = new DataView(avcC.buffer, avcC.byteOffset, avcC.byteLength);
    let at = 5;
    for (const mask of [0x1f, 0xff]) {
      let count = view.getUint8(at) & mask;
      for (at += 1; count > 0; count -= 1) {
        const length = view.getUint16(at);
        units.push(avcC.subarray(at + 2, at + 2 + length));
        at += 2 + length;
      }
    }
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < data.length; ) {
    const length = view.getUint32(at);
    units.push(data.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return Buffer.concat(units.flatMap((unit) => [Buffer.of(0, 0, 0, 1), unit]));
}
