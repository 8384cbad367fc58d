/// <reference lib="dom" preserve="true" />
import { FACE_CROP_BYTES, FACE_CROP_SIDE_PX, filterFaceCrop } from '../../protocol/index.ts';
import { type Alignment, toCrop } from './face-alignment.ts';

/**
 * Gray values keep five bits, which halves a crop. Over 143 FER2013 faces it moves the probability that moves most by
 * 0.017 on average (six bits: 0.009, four: 0.042).
 */
const KEPT_BITS = 0b1111_1000;
const MIDDLE_OF_STEP = 0b100;

/** Cuts aligned faces out of pictures. */
export interface FaceCropper {
  /** The gray values of the crop that `alignment` maps to the picture, row by row. */
  crop(picture: CanvasImageSource, alignment: Alignment): Uint8Array<ArrayBuffer>;
}

export function createFaceCropper(): FaceCropper {
  const canvas = document.createElement('canvas');
  canvas.width = FACE_CROP_SIDE_PX;
  canvas.height = FACE_CROP_SIDE_PX;
  const drawing = canvas.getContext('2d', { willReadFrequently: true });
  return {
    crop(picture, alignment) {
      const gray = new Uint8Array(FACE_CROP_BYTES);
      if (drawing === null) return gray;
      drawing.resetTransform();
      drawing.clearRect(0, 0, FACE_CROP_SIDE_PX, FACE_CROP_SIDE_PX);
      drawing.imageSmoothingQuality = 'high';
      drawing.setTransform(...toCrop(alignment));
      drawing.drawImage(picture, 0, 0);
      const { data } = drawing.getImageData(0, 0, FACE_CROP_SIDE_PX, FACE_CROP_SIDE_PX);
      // Luma of ITU-R BT.601, as the server's.
      for (let i = 0, p = 0; i < gray.length; i++, p += 4) {
        const luma = (77 * (data[p] ?? 0) + 150 * (data[p + 1] ?? 0) + 29 * (data[p + 2] ?? 0) + 128) >> 8;
        gray[i] = (luma & KEPT_BITS) | MIDDLE_OF_STEP;
      }
      return gray;
    },
  };
}

/** A crop as the payload of a `face-gray-64` packet. */
export async function packFaceCrop(gray: Uint8Array): Promise<Uint8Array> {
  const deflated = new Blob([filterFaceCrop(gray)]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(deflated).arrayBuffer());
}
