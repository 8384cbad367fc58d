// Entry of a decoder thread: answers requests one after another, in order.
import { parentPort, workerData } from 'node:worker_threads';
import type { DecoderReply, DecoderRequest, DecoderThreadData } from './decoder-messages.ts';
import { FfmpegDecoder } from './ffmpeg-decoder.ts';
import { type DecodedFrame, DecoderError, type DecoderSetup } from './media-decoder.ts';

if (parentPort === null) throw new TypeError('decoder-thread.ts is the entry of a worker thread');
const port = parentPort;
const { module } = workerData as DecoderThreadData;

interface Open {
  readonly setup: DecoderSetup;
  /** Null after it broke. The next packet opens a new one. */
  decoder: FfmpegDecoder | null;
}

const open = new Map<number, Open>();

port.on('message', (request: DecoderRequest) => {
  if (request.kind === 'close') {
    open.delete(request.decoder);
    return;
  }
  try {
    const frames = handle(request);
    const memoryBytes = open.get(request.decoder)?.decoder?.memoryBytes ?? 0;
    port.postMessage({ kind: 'frames', frames, memoryBytes } satisfies DecoderReply, buffersOf(frames));
  } catch (error) {
    const [code, message] =
      error instanceof DecoderError ? [error.code, error.message] : (['unreadable', String(error)] as const);
    port.postMessage({ kind: 'error', code, message } satisfies DecoderReply);
  }
});

function handle(request: Exclude<DecoderRequest, { kind: 'close' }>): DecodedFrame[] {
  if (request.kind === 'open') {
    open.set(request.decoder, { setup: request.setup, decoder: new FfmpegDecoder(module, request.setup) });
    return [];
  }
  const entry = open.get(request.decoder);
  if (entry === undefined) throw new DecoderError('stopped', 'the decoder is closed');
  entry.decoder ??= new FfmpegDecoder(module, entry.setup);
  try {
    return request.kind === 'decode' ? entry.decoder.decode(request.packet) : entry.decoder.flush();
  } catch (error) {
    // A trap leaves the instance in an undefined state.
    if (!(error instanceof DecoderError)) entry.decoder = null;
    throw error;
  }
}

function buffersOf(frames: readonly DecodedFrame[]): ArrayBuffer[] {
  return frames.flatMap((frame) =>
    frame.kind === 'picture'
      ? [frame.bytes.buffer as ArrayBuffer]
      : frame.channels.map((samples) => samples.buffer as ArrayBuffer),
  );
}
