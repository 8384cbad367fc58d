// The frame that was decoded last, as samples between -1 and 1 or as RGB. Part of decoder.c and of formats.c.
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "libavutil/channel_layout.h"
#include "libavutil/frame.h"
#include "libavutil/mem.h"
#include "libavutil/pixdesc.h"

#define EXPORT(name) __attribute__((export_name(#name))) name

static AVFrame *frame;
static float *plane;
static unsigned int plane_capacity;
static float *row;
static unsigned int row_capacity;
static int *column_first;
static unsigned int column_first_capacity;
static float *column_weight;
static unsigned int column_weight_capacity;
static uint8_t *components[3];
static unsigned int component_capacity[3];
static uint8_t *picture;
static unsigned int picture_capacity;

int EXPORT(frame_width)(void)
{
    return frame->width;
}

int EXPORT(frame_height)(void)
{
    return frame->height;
}

int EXPORT(frame_samples)(void)
{
    return frame->nb_samples;
}

int EXPORT(frame_channels)(void)
{
    return frame->ch_layout.nb_channels;
}

int EXPORT(frame_rate)(void)
{
    return frame->sample_rate;
}

/** How much of source pixel `at` lies in destination pixel `to`, in source pixels; from 0 to 1. */
static float overlap(int at, int to, int source_size, int size)
{
    const float first = (float)to * source_size / size;
    const float last = (float)(to + 1) * source_size / size;

    return fmaxf(0, fminf(last, at + 1) - fmaxf(first, at));
}

/** For each destination column, where its source columns begin and what each of `taps` weighs; all weights add up to 1. */
static int column_weights(int source_width, int width)
{
    const int taps = source_width / width + 2;

    av_fast_malloc(&column_first, &column_first_capacity, width * sizeof(*column_first));
    av_fast_malloc(&column_weight, &column_weight_capacity, width * taps * sizeof(*column_weight));
    if (!column_first || !column_weight)
        return AVERROR(ENOMEM);
    for (int x = 0; x < width; x++) {
        const int first = FFMIN((int64_t)x * source_width / width, FFMAX(source_width - taps, 0));
        float sum = 0;
        for (int tap = 0; tap < taps; tap++)
            sum += overlap(first + tap, x, source_width, width);
        for (int tap = 0; tap < taps; tap++)
            column_weight[x * taps + tap] = overlap(first + tap, x, source_width, width) / sum;
        column_first[x] = first;
    }
    return taps;
}

/** One component of the frame as `width` by `height` values of 8 bits: each the average of the area that it covers. */
static int resample(const AVComponentDescriptor *component, int source_width, int source_height, uint8_t *out,
                    int width, int height)
{
    const uint8_t *data = frame->data[component->plane] + component->offset;
    const int stride = frame->linesize[component->plane];
    const int step = component->step;
    const int is_wide = component->depth > 8;
    const float scale = 255.0f / ((1 << component->depth) - 1);
    int taps;

    if (!is_wide && step == 1 && source_width == width && source_height == height) {
        for (int y = 0; y < height; y++)
            memcpy(out + y * width, data + (ptrdiff_t)y * stride, width);
        return 0;
    }
    taps = column_weights(source_width, width);
    if (taps < 0)
        return taps;
    // The last columns' taps may reach past the row: what they find there is 0 and weighs 0.
    av_fast_malloc(&row, &row_capacity, (source_width + taps) * sizeof(*row));
    if (!row)
        return AVERROR(ENOMEM);
    for (int y = 0; y < height; y++) {
        float rows = 0;
        memset(row, 0, (source_width + taps) * sizeof(*row));
        for (int from = (int64_t)y * source_height / height; from < source_height; from++) {
            const float weight = overlap(from, y, source_height, height);
            const uint8_t *line = data + (ptrdiff_t)from * stride;
            if (weight <= 0)
                break;
            rows += weight;
            if (is_wide)
                for (int x = 0; x < source_width; x++)
                    row[x] += weight * (float)((*(const uint16_t *)(line + x * step)) >> component->shift);
            else if (step == 1)
                for (int x = 0; x < source_width; x++)
                    row[x] += weight * (float)line[x];
            else
                for (int x = 0; x < source_width; x++)
                    row[x] += weight * (float)line[x * step];
        }
        for (int x = 0; x < width; x++, out++) {
            const float *from = row + column_first[x];
            const float *weight = column_weight + x * taps;
            float sum = 0;
            for (int tap = 0; tap < taps; tap++)
                sum += weight[tap] * from[tap];
            *out = (uint8_t)(sum * scale / rows + 0.5f);
        }
    }
    return 0;
}

static uint8_t clamp(float value)
{
    return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)(value + 0.5f);
}

/** Weights of red and blue in the luma. A stream that does not say has what its size is usual with, as in browsers. */
static void luma_weights(float *red, float *blue)
{
    enum AVColorSpace space = frame->colorspace;

    if (space == AVCOL_SPC_UNSPECIFIED || space == AVCOL_SPC_RESERVED)
        space = frame->height >= 720 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    *red = space == AVCOL_SPC_BT709 ? 0.2126f : space == AVCOL_SPC_BT2020_NCL ? 0.2627f : 0.299f;
    *blue = space == AVCOL_SPC_BT709 ? 0.0722f : space == AVCOL_SPC_BT2020_NCL ? 0.0593f : 0.114f;
}

/** The frame as RGB of 8 bits a colour, rows without padding; null when it cannot be converted. */
uint8_t *EXPORT(frame_picture)(int width, int height)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(frame->format);
    const int pixels = width * height;
    int count, is_rgb, is_full;
    float red, green, blue;

    if (!format || format->flags & (AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BITSTREAM |
                                    AV_PIX_FMT_FLAG_BE | AV_PIX_FMT_FLAG_FLOAT))
        return NULL;
    count = format->nb_components < 3 ? 1 : 3;
    is_rgb = (format->flags & AV_PIX_FMT_FLAG_RGB) != 0;
    is_full = frame->color_range == AVCOL_RANGE_JPEG || frame->format == AV_PIX_FMT_YUVJ420P ||
              frame->format == AV_PIX_FMT_YUVJ422P || frame->format == AV_PIX_FMT_YUVJ444P;
    for (int each = 0; each < count; each++) {
        const int is_chroma = each > 0 && !is_rgb;
        const int source_width = is_chroma ? AV_CEIL_RSHIFT(frame->width, format->log2_chroma_w) : frame->width;
        const int source_height = is_chroma ? AV_CEIL_RSHIFT(frame->height, format->log2_chroma_h) : frame->height;
        av_fast_malloc(&components[each], &component_capacity[each], pixels);
        if (!components[each] ||
            resample(&format->comp[each], source_width, source_height, components[each], width, height) < 0)
            return NULL;
    }
    av_fast_malloc(&picture, &picture_capacity, pixels * 3);
    if (!picture)
        return NULL;
    luma_weights(&red, &blue);
    green = 1 / (1 - red - blue);
    for (int at = 0; at < pixels; at++) {
        uint8_t *out = picture + at * 3;
        if (is_rgb) {
            for (int each = 0; each < 3; each++)
                out[each] = components[each][at];
        } else {
            // Limited range: luma from 16 to 235, chroma from 16 to 240.
            const float y = is_full ? components[0][at] : (components[0][at] - 16) * (255.0f / 219);
            const float chroma = is_full ? 1 : 255.0f / 224;
            const float u = count == 1 ? 0 : (components[1][at] - 128) * chroma;
            const float v = count == 1 ? 0 : (components[2][at] - 128) * chroma;
            const float r = y + 2 * (1 - red) * v;
            const float b = y + 2 * (1 - blue) * u;
            out[0] = clamp(r);
            out[1] = clamp((y - red * r - blue * b) * green);
            out[2] = clamp(b);
        }
    }
    return picture;
}

static float sample_at(const uint8_t *data, enum AVSampleFormat format, int index)
{
    switch (format) {
    case AV_SAMPLE_FMT_U8:
        return (((const uint8_t *)data)[index] - 128) / 128.0f;
    case AV_SAMPLE_FMT_S16:
        return ((const int16_t *)data)[index] / 32768.0f;
    case AV_SAMPLE_FMT_S32:
        return (float)(((const int32_t *)data)[index] / 2147483648.0);
    case AV_SAMPLE_FMT_DBL:
        return (float)((const double *)data)[index];
    default:
        return ((const float *)data)[index];
    }
}

/** One channel of the frame, within −1 and 1; null when there is none. */
float *EXPORT(frame_plane)(int channel)
{
    const int channels = frame->ch_layout.nb_channels;
    const int is_planar = av_sample_fmt_is_planar(frame->format);
    const enum AVSampleFormat format = av_get_packed_sample_fmt(frame->format);

    if (channel < 0 || channel >= channels)
        return NULL;
    if (is_planar && format == AV_SAMPLE_FMT_FLT)
        return (float *)frame->extended_data[channel];
    av_fast_malloc(&plane, &plane_capacity, frame->nb_samples * sizeof(*plane));
    if (!plane)
        return NULL;
    for (int index = 0; index < frame->nb_samples; index++)
        plane[index] = is_planar ? sample_at(frame->extended_data[channel], format, index)
                                 : sample_at(frame->extended_data[0], format, index * channels + channel);
    return plane;
}
