/// <reference lib="dom" preserve="true" />
import { type CapturedPacket, PACKET_WORKLET_NAME, PACKET_WORKLET_SOURCE } from './packet-worklet.ts';
import { SampleClock } from './sample-clock.ts';

/** Rate of the model: captured directly where the browser converts, which saves three quarters of the bytes. */
const PREFERRED_SAMPLE_RATE_HZ = 16_000;
const PACKET_MS = 40;

/** A microphone (or any audio track) as mono packets of 40 ms. */
export interface AudioCapture {
  readonly sampleRateHz: number;
  /**
   * @param nowMs - media time now.
   * @param deliver - gets every packet with the media time of its first sample.
   */
  start(nowMs: () => number, deliver: (samples: Float32Array, mediaTimeMs: number) => void): void;
  stop(): Promise<void>;
}

/** @param workletUrl - where {@link PACKET_WORKLET_SOURCE} is served. Default: it is loaded from a `blob:` address. */
export async function openAudioCapture(track: MediaStreamTrack, workletUrl?: string | URL): Promise<AudioCapture> {
  const stream = new MediaStream([track]);
  const { context, source } = connectSource(stream);
  try {
    if (workletUrl === undefined) await addOwnWorklet(context);
    else await context.audioWorklet.addModule(workletUrl);
    await context.resume();
  } catch (error) {
    await context.close();
    throw error;
  }
  const { sampleRate: sampleRateHz } = context;

  return {
    sampleRateHz,
    start(nowMs, deliver) {
      const packetSamples = Math.round((sampleRateHz * PACKET_MS) / 1000);
      const node = new AudioWorkletNode(context, PACKET_WORKLET_NAME, { processorOptions: { packetSamples } });
      const clock = new SampleClock(sampleRateHz);
      node.port.onmessage = ({ data }: MessageEvent<CapturedPacket>) => {
        deliver(data.samples, clock.mediaTimeMs(data.firstSample, data.samples.length, nowMs()));
      };
      // The node is silent; a graph that does not reach the destination may not run at all.
      source.connect(node).connect(context.destination);
    },
    async stop() {
      source.disconnect();
      if (context.state !== 'closed') await context.close();
    },
  };
}

async function addOwnWorklet(context: AudioContext): Promise<void> {
  const moduleUrl = URL.createObjectURL(new Blob([PACKET_WORKLET_SOURCE], { type: 'text/javascript' }));
  try {
    await context.audioWorklet.addModule(moduleUrl);
  } finally {
    URL.revokeObjectURL(moduleUrl);
  }
}

function connectSource(stream: MediaStream): { context: AudioContext; source: MediaStreamAudioSourceNode } {
  const preferred = new AudioContext({ sampleRate: PREFERRED_SAMPLE_RATE_HZ });
  try {
    return { context: preferred, source: preferred.createMediaStreamSource(stream) };
  } catch {
    // Firefox does not connect a stream to a context of another rate: the server converts instead.
    void preferred.close();
    const context = new AudioContext();
    return { context, source: context.createMediaStreamSource(stream) };
  }
}
