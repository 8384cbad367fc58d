/*
 * The JPEG decoder's one entry: libjpeg-turbo without its error handling by setjmp, which WebAssembly lacks. A fatal
 * error calls `refuse`, which throws in JavaScript; the instance is of no use after it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "jpeglib.h"

#define EXPORT(name) __attribute__((export_name(name)))

__attribute__((import_module("host"), import_name("refuse"))) _Noreturn void refuse(int code);

static void on_error(j_common_ptr decoder) { refuse(decoder->err->msg_code); }

static void on_message(j_common_ptr decoder, int level) {
  if (level < 0) decoder->err->num_warnings++;
}

static void ignore(j_common_ptr decoder) { (void)decoder; }

static void no_text(j_common_ptr decoder, char *buffer) {
  (void)decoder;
  buffer[0] = 0;
}

/*
 * Decodes at `eighths` / 8 of the size into `rgb`, which has room for `width` x `height` pixels of 3 bytes.
 * Returns 0; 1 when the picture has another size than that.
 */
EXPORT("decode")
int decode(const uint8_t *bytes, size_t length, int eighths, uint8_t *rgb, uint32_t width, uint32_t height) {
  struct jpeg_error_mgr errors = {
      .error_exit = on_error,
      .emit_message = on_message,
      .output_message = ignore,
      .format_message = no_text,
      .reset_error_mgr = ignore,
  };
  struct jpeg_decompress_struct decoder = {.err = &errors};
  jpeg_create_decompress(&decoder);
  jpeg_mem_src(&decoder, bytes, length);
  jpeg_read_header(&decoder, TRUE);
  decoder.out_color_space = JCS_RGB;
  decoder.scale_num = eighths;
  decoder.scale_denom = 8;
  decoder.dct_method = JDCT_ISLOW;
  /* Affects colour alone, by less than one level of gray, and takes a quarter of the time. */
  decoder.do_fancy_upsampling = FALSE;
  jpeg_start_decompress(&decoder);
  if (decoder.output_width != width || decoder.output_height != height || decoder.output_components != 3) return 1;
  while (decoder.output_scanline < height) {
    JSAMPROW row = rgb + (size_t)decoder.output_scanline * width * 3;
    jpeg_read_scanlines(&decoder, &row, 1);
  }
  jpeg_destroy_decompress(&decoder);
  return 0;
}
