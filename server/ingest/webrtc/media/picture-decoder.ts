import type { StillImage } from '../../../../pipeline/index.ts';
import { type DecoderPool, mediaDecoders } from '../../decoders/decoder-pool.ts';
import type { VideoCodec } from '../../decoders/media-decoder.ts';

/** Decodes one video stream outside the event loop. Calls must not overlap. */
export interface PictureDecoder {
  /**
   * Decodes the next frame. Pass every frame that a later one depends on.
   *
   * @param wanted - whether the picture is needed. The conversion costs as much as the decoding.
   * @returns the picture, at most 480 px per side. Null if it was not wanted or could not be decoded.
   * @throws DecoderError if the bytes cannot be decoded. Unless its code is `hung`, the next key frame can be.
   */
  decode(data: Uint8Array, wanted: boolean): Promise<StillImage | null>;
  close(): void;
}

/** Longer side of a picture, px, the same as in the SDK. A session's timeline counts raw pictures by their pixels. */
const MAX_PICTURE_SIDE_PX = 480;

/** @throws DecoderError `overloaded` if too many streams are already being decoded. */
export async function openPictureDecoder(
  codec: Extract<VideoCodec, 'vp8' | 'h264'>,
  pool: DecoderPool = mediaDecoders,
): Promise<PictureDecoder> {
  const decoder = await pool.open({ codec, isLive: true });
  let ticket = 0;
  return {
    async decode(data, wanted) {
      ticket += 1;
      const picture = wanted ? { maxSidePx: MAX_PICTURE_SIDE_PX } : undefined;
      const frame = (await decoder.decode({ data, ticket, picture })).at(-1);
      if (frame?.kind !== 'picture') return null;
      const { widthPx, heightPx, bytes } = frame;
      return { encoding: 'rgb24', widthPx, heightPx, bytes };
    },
    close: () => decoder.close(),
  };
}
