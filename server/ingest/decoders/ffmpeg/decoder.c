// One decoder of FFmpeg's per WebAssembly instance, with the few calls that ffmpeg-decoder.ts makes of it.
// Built by build.sh. Every function that can fail returns FFmpeg's negative error code.
#include "libavcodec/avcodec.h"
#include "libavutil/log.h"
#include "frame.h"

static AVCodecContext *context;
static AVPacket *packet;
static uint8_t *input;
static unsigned int input_capacity;

/** Room for `size` bytes, with the padding behind them that decoders may read; null when there is no memory. */
uint8_t *EXPORT(input_buffer)(int size)
{
    av_fast_padded_malloc(&input, &input_capacity, size);
    return input;
}

/**
 * Opens the decoder that the input buffer names in its first `name_size` bytes. The `config_size` bytes behind them are
 * its configuration (extradata).
 */
int EXPORT(open_decoder)(int name_size, int config_size, int sample_rate, int channels, int max_pixels, int is_live)
{
    char name[32] = {0};
    const AVCodec *codec;

    av_log_set_level(AV_LOG_QUIET);
    if (name_size >= (int)sizeof(name))
        return AVERROR(EINVAL);
    memcpy(name, input, name_size);
    codec = avcodec_find_decoder_by_name(name);
    if (!codec)
        return AVERROR_DECODER_NOT_FOUND;
    context = avcodec_alloc_context3(codec);
    packet = av_packet_alloc();
    frame = av_frame_alloc();
    if (!context || !packet || !frame)
        return AVERROR(ENOMEM);
    if (config_size > 0) {
        context->extradata = av_mallocz(config_size + AV_INPUT_BUFFER_PADDING_SIZE);
        if (!context->extradata)
            return AVERROR(ENOMEM);
        memcpy(context->extradata, input + name_size, config_size);
        context->extradata_size = config_size;
    }
    context->thread_count = 1;
    context->max_pixels = max_pixels;
    context->sample_rate = sample_rate;
    if (channels > 0)
        av_channel_layout_default(&context->ch_layout, channels);
    if (is_live)
        context->flags |= AV_CODEC_FLAG_LOW_DELAY;
    else
        // Frames wait for their order as the standard says, also where the stream does not tell how long.
        context->strict_std_compliance = FF_COMPLIANCE_STRICT;
    return avcodec_open2(context, codec, NULL);
}

/** Gives the decoder the packet in the input buffer; none when `size` is 0: what it still holds comes out then. */
int EXPORT(send_packet)(int size, double ticket)
{
    int status;

    if (size == 0)
        return avcodec_send_packet(context, NULL);
    packet->data = input;
    packet->size = size;
    packet->pts = (int64_t)ticket;
    status = avcodec_send_packet(context, packet);
    // The data is the input buffer's, so that nothing is freed here.
    av_packet_unref(packet);
    return status;
}

/** 1 when there is another frame, 0 when none is left. */
int EXPORT(receive_frame)(void)
{
    int status = avcodec_receive_frame(context, frame);

    if (status == AVERROR(EAGAIN) || status == AVERROR_EOF)
        return 0;
    return status < 0 ? status : 1;
}

/** Forgets what came before, as after a jump. */
void EXPORT(flush_decoder)(void)
{
    avcodec_flush_buffers(context);
}

/** The ticket of the packet that the frame came in; NaN when it is not known. */
double EXPORT(frame_ticket)(void)
{
    return frame->pts == AV_NOPTS_VALUE ? NAN : (double)frame->pts;
}
