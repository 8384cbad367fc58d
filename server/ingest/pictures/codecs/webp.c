/* The WebP decoder's one entry: libwebp, still pictures only. */
#include <stddef.h>
#include <stdint.h>
#include "src/webp/decode.h"

#define EXPORT(name) __attribute__((export_name(name)))

/*
 * Decodes into `rgba`, scaled to `width` x `height` (0 x 0: as it is) with colours multiplied by their opacity, which
 * is the picture over black. Returns libwebp's status: 0 when all went well.
 */
EXPORT("decode")
int decode(const uint8_t *bytes, size_t length, uint8_t *rgba, int width, int height, int scaled) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return VP8_STATUS_INVALID_PARAM;
  config.options.use_scaling = scaled;
  config.options.scaled_width = width;
  config.options.scaled_height = height;
  config.output.colorspace = MODE_rgbA;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = rgba;
  config.output.u.RGBA.stride = width * 4;
  config.output.u.RGBA.size = (size_t)width * height * 4;
  const int status = WebPDecode(bytes, length, &config);
  WebPFreeDecBuffer(&config.output);
  return status;
}
