// Entry of a foreign thread: reads one recording with FFmpeg, and answers requests one after another, in order.
import { openSync, readSync } from 'node:fs';
import { extname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { Orientation } from '../../pictures/exif-orientation.ts';
import { turnUpright } from '../../pictures/fit-picture.ts';
import { ForeignContainer } from './foreign-container.ts';
import type {
  ContainerPart,
  ForeignBatch,
  ForeignPicture,
  ForeignReply,
  ForeignRequest,
  ForeignSound,
  ForeignThreadData,
} from './foreign-messages.ts';

/** Sound and pictures of one batch. */
const BATCH_S = 0.5;
const BATCH_PICTURES = 2;
/** EXIF's numbers of a rotation, in degrees clockwise. */
const ORIENTATION: Readonly<Record<number, Orientation>> = { 90: 6, 180: 3, 270: 8 };

if (parentPort === null) throw new TypeError('foreign-thread.ts is the entry of a worker thread');
const port = parentPort;
const { module, path, bare } = workerData as ForeignThreadData;

// The thread's end closes the file.
const file = openSync(path, 'r');
let container: ForeignContainer | null = null;

port.on('message', (request: ForeignRequest) => {
  let reply: ForeignReply;
  try {
    reply = handle(request);
  } catch (error) {
    // A trap leaves the instance in an undefined state. The main thread opens the part again, or gives up.
    reply = { kind: 'error', message: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(reply, reply.kind === 'batch' ? buffersOf(reply) : []);
});

function handle(request: ForeignRequest): ForeignReply {
  if (request.kind === 'open') {
    container = null;
    container = open(request.part);
    return { kind: 'opened', info: container.info };
  }
  if (container === null) throw new TypeError('nothing is open');
  if (request.kind === 'measure') return { kind: 'measured', ...container.measure() };
  if (request.kind === 'next') return batch(container);
  container.read(request.track, request.fromS, request.pictures);
  return { kind: 'reading' };
}

function open(part: ContainerPart): ForeignContainer {
  const read = (positionBytes: number, to: Uint8Array): number => {
    const size = Math.min(to.length, part.sizeBytes - positionBytes);
    if (size <= 0) return 0;
    try {
      return readSync(file, to, 0, size, part.offsetBytes + positionBytes);
    } catch {
      return -1;
    }
  };
  // FFmpeg knows some formats only by the name's end. The rest of the name is nobody's business.
  return new ForeignContainer(module, read, part, `recording${extname(path).toLowerCase()}`, bare);
}

function batch(from: ForeignContainer): ForeignBatch {
  const frames: (ForeignSound | ForeignPicture)[] = [];
  let soundS = 0;
  let pictures = 0;
  let isOver = false;
  while (soundS < BATCH_S && pictures < BATCH_PICTURES) {
    const frame = from.next();
    if (frame === undefined) break;
    if (frame === null) {
      isOver = true;
      break;
    }
    if (frame.kind === 'sound') soundS += frame.channels[0]!.length / frame.sampleRateHz;
    else pictures += 1;
    frames.push(frame.kind === 'sound' ? frame : upright(frame, from.rotation));
  }
  return { kind: 'batch', frames, damagedPackets: from.takeDamage(), isOver };
}

function upright(picture: ForeignPicture, rotation: number): ForeignPicture {
  const orientation = ORIENTATION[rotation];
  if (orientation === undefined) return picture;
  const { widthPx, heightPx, bytes } = turnUpright(picture, orientation);
  return { ...picture, widthPx, heightPx, bytes: bytes as Uint8Array<ArrayBuffer> };
}

function buffersOf({ frames }: ForeignBatch): ArrayBuffer[] {
  return frames.flatMap((frame) =>
    frame.kind === 'picture' ? [frame.bytes.buffer] : frame.channels.map((samples) => samples.buffer),
  );
}
