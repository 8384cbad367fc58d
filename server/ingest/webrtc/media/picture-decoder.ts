import type { StillImage } from '../../../../pipeline/index.ts';
import { type DecoderPool, mediaDecoders } from '../../decoders/decoder-pool.ts';
import type { VideoCodec } from '../../decoders/media-decoder.ts';

/** Decodes one video stream, off the event loop. Calls must not overlap. */
export interface PictureDecoder {
  /**
   * Decodes the next frame; all of them must come, since each builds on the ones before.
   *
   * @param wanted - whether its picture is needed: the conversion costs as much as the decoding.
   * @returns the picture, at most 480 px a side; null when it was not wanted or did not come out.
   * @throws DecoderError when the bytes cannot be decoded; unless its code is `hung`, the next key frame can.
   */
  decode(data: Uint8Array, wanted: boolean): Promise<StillImage | null>;
  close(): void;
}

/** Longer side of a picture, px: as the SDK sends them. Raw pictures fill a session's timeline by their pixels. */
const MAX_PICTURE_SIDE_PX = 480;

/** @throws DecoderError `overloaded` when too many streams are decoded already. */
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
