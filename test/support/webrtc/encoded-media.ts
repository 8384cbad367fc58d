import { registerMediabunnyServer } from '@mediabunny/server';
import {
  ALL_FORMATS,
  BufferSource,
  BufferTarget,
  EncodedPacketSink,
  FilePathSource,
  Input,
  Output,
  VideoSample,
  VideoSampleSource,
  WebMOutputFormat,
} from 'mediabunny';
import sharp from 'sharp';
import { SAMPLE_CALL_FILE } from '../e2e/sample-call.ts';
import { portraitJpeg } from '../faces/pictures.ts';

/** One packet or frame of a recording, compressed. */
export interface Encoded {
  readonly startMs: number;
  readonly data: Uint8Array;
}

registerMediabunnyServer({ hardwareContext: null });

/** What the customer and the agent of the bundled call say, as it was encoded: Opus packets of 20 ms, mono. */
export async function sampleOpusPackets(untilMs: number): Promise<{ customer: Encoded[]; agent: Encoded[] }> {
  const input = new Input({ formats: ALL_FORMATS, source: new FilePathSource(SAMPLE_CALL_FILE) });
  const track = await input.getPrimaryAudioTrack();
  const [customer, agent]: [Encoded[], Encoded[]] = [[], []];
  for await (const { timestamp, data } of new EncodedPacketSink(track!).packets()) {
    if (timestamp * 1000 >= untilMs) continue;
    const [first, second] = splitStreams(data);
    // Containers round their times; the packets themselves last 20 ms each.
    const startMs = customer.length * 20;
    customer.push({ startMs, data: first });
    agent.push({ startMs, data: second });
  }
  input.dispose();
  return { customer, agent };
}

/** The two streams of one packet: the first one tells its length behind its first byte (RFC 6716, appendix B). */
function splitStreams(data: Uint8Array): [Uint8Array, Uint8Array] {
  if ((data[0]! & 3) !== 0) throw new TypeError('the recording has other packets than this test reads');
  const [short, long] = [data[1]!, data[1]! + 4 * data[2]!];
  const [start, length] = short < 252 ? [2, short] : [3, long];
  return [Uint8Array.of(data[0]!, ...data.subarray(start, start + length)), data.slice(start + length)];
}

export const FILM = { widthPx: 320, heightPx: 240, perSecond: 15 } as const;

/** A portrait that sways, as VP8 with a key frame a second. */
export async function portraitFilm(seconds: number): Promise<Encoded[]> {
  const { widthPx, heightPx, perSecond } = FILM;
  const target = new BufferTarget();
  const output = new Output({ format: new WebMOutputFormat(), target });
  const source = new VideoSampleSource({
    codec: 'vp8',
    bitrate: 400_000,
    keyFrameInterval: 1,
    latencyMode: 'realtime',
  });
  output.addVideoTrack(source);
  await output.start();
  const portrait = await sharp(portraitJpeg())
    .resize({ height: heightPx - 40 })
    .toBuffer();
  for (let frame = 0; frame < seconds * perSecond; frame += 1) {
    const left = 80 + Math.round(8 * Math.sin((2 * Math.PI * frame) / perSecond));
    const { data } = await sharp({ create: { width: widthPx, height: heightPx, channels: 3, background: '#5a6470' } })
      .composite([{ input: portrait, left, top: 20 }])
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const sample = new VideoSample(data, {
      format: 'RGBA',
      codedWidth: widthPx,
      codedHeight: heightPx,
      timestamp: frame / perSecond,
      duration: 1 / perSecond,
    });
    await source.add(sample);
    sample.close();
  }
  await output.finalize();
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(target.buffer!) });
  const frames: Encoded[] = [];
  for await (const packet of new EncodedPacketSink((await input.getPrimaryVideoTrack())!).packets()) {
    frames.push({ startMs: packet.timestamp * 1000, data: packet.data });
  }
  input.dispose();
  return frames;
}
