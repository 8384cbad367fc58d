import { Scaler } from 'node-av/api';
import { AV_CODEC_FLAG_LOW_DELAY, AV_CODEC_ID_H264, AV_CODEC_ID_VP8, AV_LOG_QUIET } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Frame, Log, Packet } from 'node-av/lib';
import type { StillImage } from '../../../../pipeline/index.ts';

export type VideoCodec = 'vp8' | 'h264';

/** Decodes one video stream, off the event loop. Calls must not overlap. */
export interface PictureDecoder {
  /**
   * Decodes the next frame; all of them must come, since each builds on the ones before.
   *
   * @param wanted - whether its picture is needed: the conversion costs as much as the decoding.
   * @returns the picture, at most 480 px a side; null when it was not wanted or did not come out.
   * @throws when the bytes cannot be decoded; the next key frame can.
   */
  decode(data: Uint8Array, wanted: boolean): Promise<StillImage | null>;
  close(): void;
}

/** Longer side of a picture, px: as the SDK sends them. Raw pictures fill a session's timeline by their pixels. */
const MAX_PICTURE_SIDE_PX = 480;
/** Largest frame that is decoded, in pixels: 2560 × 1440 and some. */
const MAX_FRAME_PIXELS = 4 * 1024 * 1024;

/** @throws when this build of FFmpeg lacks the decoder. */
export async function openPictureDecoder(name: VideoCodec): Promise<PictureDecoder> {
  // FFmpeg would write to standard error what is wrong with a frame; other users of it may have set it louder.
  Log.setLevel(AV_LOG_QUIET);
  const codec = Codec.findDecoder(name === 'vp8' ? AV_CODEC_ID_VP8 : AV_CODEC_ID_H264);
  if (codec === null) throw new Error(`there is no decoder for ${name}`);
  const context = new CodecContext();
  context.allocContext3(codec);
  // More threads hold frames back; sessions run side by side anyway.
  context.threadCount = 1;
  context.setFlags(AV_CODEC_FLAG_LOW_DELAY);
  using options = Dictionary.fromObject({ max_pixels: MAX_FRAME_PIXELS });
  check(await context.open2(codec, options));
  const [packet, frame, scaler] = [new Packet(), new Frame(), new Scaler()];
  packet.alloc();
  frame.alloc();
  let isOpen = true;
  let isBusy = false;

  const free = (): void => {
    packet.free();
    frame.free();
    scaler[Symbol.dispose]();
    context.freeContext();
  };

  const picture = async (): Promise<StillImage> => {
    const { width, height } = frame;
    const scale = Math.min(1, MAX_PICTURE_SIDE_PX / Math.max(width, height));
    const [widthPx, heightPx] = [width, height].map((side) => Math.max(1, Math.round(side * scale))) as [
      number,
      number,
    ];
    const resize = { width: widthPx, height: heightPx };
    const bytes = await scaler.toBuffer(frame, { format: 'rgb', ...(scale < 1 && { resize }) });
    return { encoding: 'rgb24', widthPx, heightPx, bytes };
  };

  return {
    async decode(data, wanted) {
      if (!isOpen) return null;
      isBusy = true;
      try {
        packet.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
        check(await context.sendPacket(packet));
        packet.unref();
        let image: StillImage | null = null;
        while (isOpen && (await context.receiveFrame(frame)) >= 0) {
          if (wanted && isOpen) image = await picture();
          frame.unref();
        }
        return image;
      } finally {
        isBusy = false;
        // What was closed during a call is freed after it: native code still used it.
        if (!isOpen) free();
      }
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      if (!isBusy) free();
    },
  };
}

function check(status: number): void {
  if (status < 0) throw new Error(`FFmpeg refused it with ${status}`);
}
