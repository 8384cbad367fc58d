import { type EncodedPacket, EncodedPacketSink, type InputVideoTrack } from 'mediabunny';
import type { StillImage } from '../../../pipeline/index.ts';
import { mediaDecoders } from '../decoders/decoder-pool.ts';
import { type DecodedFrame, DecoderError, type MediaDecoder, type VideoCodec } from '../decoders/media-decoder.ts';
import { sourceBytes } from './source-bytes.ts';

/** Longer side of a picture, px. The face stage needs no more. */
const MAX_PICTURE_SIDE_PX = 640;

/** Packets that are decoded at once, so that the decoder's thread never waits for the next one. */
const MAX_AHEAD = 16;

/** mediabunny's names of the codecs that can be decoded. */
const CODECS: Readonly<Record<string, VideoCodec>> = { avc: 'h264', vp8: 'vp8', vp9: 'vp9' };

/** The track's codec. Null if there is no decoder for it. */
export function videoCodec(track: InputVideoTrack): VideoCodec | null {
  return CODECS[track.codec ?? ''] ?? null;
}

export interface RecordedPicture {
  readonly timestampS: number;
  readonly image: StillImage;
}

/** How a track's frames become pictures: their size before rotation, and the rotation in degrees clockwise. */
interface View {
  readonly size: { readonly widthPx: number; readonly heightPx: number };
  readonly rotation: 0 | 90 | 180 | 270;
}

/** A key frame and the wanted packets that depend on it. */
interface Stretch {
  readonly key: EncodedPacket;
  /** The wanted packets by their sequence number. */
  readonly wanted: Map<number, EncodedPacket>;
}

/**
 * Decodes the pictures that are shown at `timesS` (ascending). They are upright, have square pixels, and measure at
 * most {@link MAX_PICTURE_SIDE_PX} per side. A frame that is shown at two of these times is returned once. Every frame
 * that it depends on is decoded. A packet that cannot be decoded is told to `onDamage`, and left out.
 */
export async function* readPictures(
  track: InputVideoTrack,
  timesS: Iterable<number>,
  onDamage: (timestampS: number, cause: unknown) => void,
): AsyncGenerator<RecordedPicture> {
  const description = (await track.getDecoderConfig())?.description;
  const view: View = { size: await sizeOf(track), rotation: await track.getRotation() };
  const decoder = await mediaDecoders.open({ codec: videoCodec(track)!, config: sourceBytes(description) });
  try {
    const sink = new EncodedPacketSink(track);
    let stretch: Stretch | null = null;
    for (const timeS of timesS) {
      const packet = await sink.getPacket(timeS, { metadataOnly: true });
      const key = packet && (await sink.getKeyPacket(timeS, { verifyKeyPackets: true }));
      if (packet === null || key === null) continue;
      if (stretch !== null && stretch.key.sequenceNumber !== key.sequenceNumber) {
        yield* decodeStretch(decoder, sink, view, stretch, onDamage);
        stretch = null;
      }
      stretch ??= { key, wanted: new Map() };
      stretch.wanted.set(packet.sequenceNumber, packet);
    }
    if (stretch !== null) yield* decodeStretch(decoder, sink, view, stretch, onDamage);
  } finally {
    decoder.close();
  }
}

async function* decodeStretch(
  decoder: MediaDecoder,
  sink: EncodedPacketSink,
  view: View,
  { key, wanted }: Stretch,
  onDamage: (timestampS: number, cause: unknown) => void,
): AsyncGenerator<RecordedPicture> {
  const last = Math.max(...wanted.keys());
  const timestampS = new Map<number, number>();
  const upright = function* (frames: readonly DecodedFrame[]): Generator<RecordedPicture> {
    for (const frame of frames) {
      const atS = timestampS.get(frame.ticket);
      if (frame.kind !== 'picture' || atS === undefined) continue;
      timestampS.delete(frame.ticket);
      yield { timestampS: atS, image: rotate(frame, view.rotation) };
    }
  };
  const ahead: Promise<DecodedFrame[]>[] = [];
  const ask = (asked: Promise<DecodedFrame[]>, atS: number): void => {
    const frames = asked.catch((error: unknown): DecodedFrame[] => {
      if (!(error instanceof DecoderError) || error.code === 'overloaded') throw error;
      onDamage(atS, error);
      return [];
    });
    // A failure is reported where the frames are awaited. This handler only prevents an unhandled rejection before
    // that.
    frames.catch(() => {});
    ahead.push(frames);
  };
  let ticket = 0;
  for await (const packet of sink.packets(key)) {
    if (packet.sequenceNumber > last) break;
    const isWanted = wanted.has(packet.sequenceNumber);
    if (isWanted) timestampS.set(ticket, packet.timestamp);
    ask(decoder.decode({ data: packet.data, ticket, picture: isWanted ? view.size : undefined }), packet.timestamp);
    ticket += 1;
    if (ahead.length > MAX_AHEAD) yield* upright(await ahead.shift()!);
  }
  ask(decoder.flush(), key.timestamp);
  for (const frames of ahead) yield* upright(await frames);
}

/** The size of the decoded frames, before they are turned upright. */
async function sizeOf(track: InputVideoTrack): Promise<View['size']> {
  const [width, height] = await Promise.all([track.getSquarePixelWidth(), track.getSquarePixelHeight()]);
  const scale = Math.min(1, MAX_PICTURE_SIDE_PX / Math.max(width, height));
  return { widthPx: Math.max(1, Math.round(width * scale)), heightPx: Math.max(1, Math.round(height * scale)) };
}

interface Pixels {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly bytes: Uint8Array;
}

/** @param degrees - clockwise. */
function rotate({ widthPx, heightPx, bytes }: Pixels, degrees: View['rotation']): StillImage {
  if (degrees === 0) return { encoding: 'rgb24', widthPx, heightPx, bytes };
  const [toWidthPx, toHeightPx] = degrees === 180 ? [widthPx, heightPx] : [heightPx, widthPx];
  const turned = new Uint8Array(bytes.length);
  let to = 0;
  for (let y = 0; y < toHeightPx; y += 1) {
    for (let x = 0; x < toWidthPx; x += 1, to += 3) {
      const [fromX, fromY] =
        degrees === 90
          ? [y, heightPx - 1 - x]
          : degrees === 180
            ? [widthPx - 1 - x, heightPx - 1 - y]
            : [widthPx - 1 - y, x];
      const from = (fromY * widthPx + fromX) * 3;
      turned[to] = bytes[from]!;
      turned[to + 1] = bytes[from + 1]!;
      turned[to + 2] = bytes[from + 2]!;
    }
  }
  return { encoding: 'rgb24', widthPx: toWidthPx, heightPx: toHeightPx, bytes: turned };
}
