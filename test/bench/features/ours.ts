import type { VoiceKernels } from '../../../pipeline/features/audio/kernels/voice-kernels.ts';
import { createAudioFeatureStream } from '../../../pipeline/index.ts';

/** A live call's packets: 20 ms. */
const PACKET_SAMPLES = 320;

export interface OurResult {
  readonly features: Float32Array;
  /** Processor time of all threads, s. */
  readonly seconds: number;
  /** Processor time that the utterance's end takes on this thread, ms. */
  readonly finishMs: number;
}

/**
 * Our features of a clip that comes in packets of 20 ms.
 *
 * @param kernels default: the product's.
 */
export function computeOurs(samples: Float32Array, kernels?: VoiceKernels): OurResult {
  const started = process.cpuUsage();
  const stream = createAudioFeatureStream({}, kernels);
  for (let at = 0; at < samples.length; at += PACKET_SAMPLES) stream.push(samples.subarray(at, at + PACKET_SAMPLES));
  const ended = process.threadCpuUsage();
  const { features } = stream.finish(samples.length);
  const finish = process.threadCpuUsage(ended);
  const { user, system } = process.cpuUsage(started);
  return { features, seconds: (user + system) / 1e6, finishMs: (finish.user + finish.system) / 1e3 };
}
