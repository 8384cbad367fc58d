// One track of a recording per WebAssembly instance: FFmpeg's demuxers and decoders, with the few calls that
// foreign-track.ts makes of them. Built by build.sh. The host reads the file. Times are in seconds, NaN when unknown.
// Every function that can fail returns FFmpeg's negative error code.
#include "libavcodec/avcodec.h"
#include "libavformat/avformat.h"
#include "libavutil/display.h"
#include "libavutil/log.h"
#include "frame.h"

#define IO_BYTES 65536
/** Packets that may pass without a frame before the host is asked whether to go on. */
#define MAX_PACKETS 4096
/** Broken reads in a row before the rest of the file is given up. */
#define MAX_BROKEN_READS 64

/** Copies up to `size` bytes of the file from `position` on to `to`. Returns their number, 0 at the end, -1 if it fails. */
__attribute__((import_module("host"), import_name("read"))) int host_read(double position, uint8_t *to, int size);

static AVFormatContext *container;
static AVCodecContext *context;
static AVPacket *packet;
static uint8_t *input;
static unsigned int input_capacity;
static int64_t file_size;
static int64_t position;
static int track = -1;
static int is_draining;
static int broken_reads;
/** Frames before this time are not wanted, in the track's unit. */
static int64_t wanted_from = INT64_MIN / 2;
static int damaged_packets;
static double last_time = NAN;

/** The demuxers go on behind what they cannot read, and tell it only in the log. */
static void count_errors(void *of, int level, const char *format, va_list arguments)
{
    if (of && of == container && level <= AV_LOG_ERROR)
        damaged_packets++;
}

static int read_file(void *unused, uint8_t *to, int size)
{
    const int count = host_read((double)position, to, size);

    if (count < 0)
        return AVERROR(EIO);
    position += count;
    return count == 0 ? AVERROR_EOF : count;
}

static int64_t seek_file(void *unused, int64_t offset, int whence)
{
    whence &= ~AVSEEK_FORCE;
    if (whence == AVSEEK_SIZE)
        return file_size;
    if (whence == SEEK_CUR)
        offset += position;
    else if (whence == SEEK_END)
        offset += file_size;
    if (offset < 0)
        return AVERROR(EINVAL);
    return position = offset;
}

static double seconds(int64_t time, AVRational unit)
{
    return time == AV_NOPTS_VALUE ? NAN : time * av_q2d(unit);
}

/** RIFX is RIFF with its bytes the other way round. FFmpeg reads its header so, but not its samples. */
static void reverse_rifx(void)
{
    static const enum AVCodecID reversed[][2] = {
        {AV_CODEC_ID_PCM_S16LE, AV_CODEC_ID_PCM_S16BE}, {AV_CODEC_ID_PCM_S24LE, AV_CODEC_ID_PCM_S24BE},
        {AV_CODEC_ID_PCM_S32LE, AV_CODEC_ID_PCM_S32BE}, {AV_CODEC_ID_PCM_F32LE, AV_CODEC_ID_PCM_F32BE},
        {AV_CODEC_ID_PCM_F64LE, AV_CODEC_ID_PCM_F64BE},
    };
    uint8_t magic[4];

    if (host_read(0, magic, 4) != 4 || memcmp(magic, "RIFX", 4))
        return;
    for (int each = 0; each < container->nb_streams; each++)
        for (int at = 0; at < FF_ARRAY_ELEMS(reversed); at++)
            if (container->streams[each]->codecpar->codec_id == reversed[at][0])
                container->streams[each]->codecpar->codec_id = reversed[at][1];
}

/** Room for `size` bytes; null when there is no memory. */
uint8_t *EXPORT(input_buffer)(int size)
{
    av_fast_padded_malloc(&input, &input_capacity, size);
    return input;
}

/**
 * Opens a file of `size_bytes`. The input buffer holds the name of its format, which may be empty, and behind it the
 * file's name, both with a zero at their end. A format without a header is told its `sample_rate`.
 */
int EXPORT(open_container)(double size_bytes, int sample_rate)
{
    const char *format_name = (const char *)input;
    const char *file_name = format_name + strlen(format_name) + 1;
    const AVInputFormat *format = NULL;
    AVDictionary *options = NULL;
    uint8_t *buffer;
    int status;

    av_log_set_callback(count_errors);
    if (*format_name && !(format = av_find_input_format(format_name)))
        return AVERROR_DEMUXER_NOT_FOUND;
    file_size = (int64_t)size_bytes;
    position = 0;
    container = avformat_alloc_context();
    buffer = av_malloc(IO_BYTES);
    packet = av_packet_alloc();
    frame = av_frame_alloc();
    if (!container || !buffer || !packet || !frame)
        return AVERROR(ENOMEM);
    container->pb = avio_alloc_context(buffer, IO_BYTES, 0, NULL, read_file, NULL, seek_file);
    if (!container->pb)
        return AVERROR(ENOMEM);
    // Nothing but these bytes is opened: a file that names others is read as if they did not exist.
    container->flags |= AVFMT_FLAG_CUSTOM_IO;
    container->max_streams = 64;
    if (sample_rate > 0)
        av_dict_set_int(&options, "sample_rate", sample_rate, 0);
    status = avformat_open_input(&container, file_name, format, &options);
    av_dict_free(&options);
    if (status < 0)
        return status;
    reverse_rifx();
    return avformat_find_stream_info(container, NULL);
}

const char *EXPORT(format_name)(void)
{
    return container->iformat->name;
}

double EXPORT(container_start)(void)
{
    return seconds(container->start_time, AV_TIME_BASE_Q);
}

double EXPORT(container_duration)(void)
{
    return seconds(container->duration, AV_TIME_BASE_Q);
}

int EXPORT(track_count)(void)
{
    return container->nb_streams;
}

/** 1 for sound, 2 for film, 0 for anything else, such as a cover picture. */
int EXPORT(track_kind)(int index)
{
    const AVStream *stream = container->streams[index];

    if (stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
        return 1;
    if (stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
        !(stream->disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS)))
        return 2;
    return 0;
}

const char *EXPORT(track_codec)(int index)
{
    const AVCodecParameters *codec = container->streams[index]->codecpar;

    if (codec->codec_id != AV_CODEC_ID_NONE)
        return avcodec_get_name(codec->codec_id);
    return codec->codec_tag ? av_fourcc2str(codec->codec_tag) : "unknown";
}

int EXPORT(track_has_decoder)(int index)
{
    return avcodec_find_decoder(container->streams[index]->codecpar->codec_id) != NULL;
}

int EXPORT(track_is_default)(int index)
{
    return (container->streams[index]->disposition & AV_DISPOSITION_DEFAULT) != 0;
}

int EXPORT(track_channels)(int index)
{
    return container->streams[index]->codecpar->ch_layout.nb_channels;
}

int EXPORT(track_rate)(int index)
{
    return container->streams[index]->codecpar->sample_rate;
}

double EXPORT(track_start)(int index)
{
    return seconds(container->streams[index]->start_time, container->streams[index]->time_base);
}

/** Degrees clockwise by which the pictures are to be turned: 0, 90, 180 or 270. */
int EXPORT(track_rotation)(int index)
{
    const AVCodecParameters *codec = container->streams[index]->codecpar;
    const AVPacketSideData *matrix = av_packet_side_data_get(codec->coded_side_data, codec->nb_coded_side_data,
                                                             AV_PKT_DATA_DISPLAYMATRIX);
    double turned;

    if (!matrix || matrix->size < 9 * sizeof(int32_t))
        return 0;
    turned = -av_display_rotation_get((const int32_t *)matrix->data);
    return isnan(turned) ? 0 : (((int)lround(turned / 90) % 4 + 4) % 4) * 90;
}

/** Opens the decoder of a track. The packets of the others are passed over. */
int EXPORT(open_track)(int index, int max_pixels)
{
    const AVCodec *codec = avcodec_find_decoder(container->streams[index]->codecpar->codec_id);
    int status;

    if (!codec)
        return AVERROR_DECODER_NOT_FOUND;
    context = avcodec_alloc_context3(codec);
    if (!context)
        return AVERROR(ENOMEM);
    status = avcodec_parameters_to_context(context, container->streams[index]->codecpar);
    if (status < 0)
        return status;
    context->thread_count = 1;
    context->max_pixels = max_pixels;
    context->pkt_timebase = container->streams[index]->time_base;
    for (int each = 0; each < container->nb_streams; each++)
        container->streams[each]->discard = each == index ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    track = index;
    damaged_packets = 0;
    return avcodec_open2(context, codec, NULL);
}

/** Goes to the last place from which the track can be decoded up to `time`. */
int EXPORT(seek_track)(double time)
{
    const AVRational unit = container->streams[track]->time_base;
    const int status = av_seek_frame(container, track, (int64_t)(time / av_q2d(unit)), AVSEEK_FLAG_BACKWARD);

    avcodec_flush_buffers(context);
    is_draining = 0;
    broken_reads = 0;
    last_time = NAN;
    return status;
}

/** Frames before `time` are not wanted. Where each picture stands alone, they are not even decoded. */
void EXPORT(want_from)(double time)
{
    wanted_from = (int64_t)ceil(time / av_q2d(container->streams[track]->time_base));
}

/** AMR says silence in packets that FFmpeg does not decode: the gap that they leave is silence too. */
static int is_silence(void)
{
    const int mode = packet->data[0] >> 3 & 15;

    return (context->codec_id == AV_CODEC_ID_AMR_NB && mode >= 8) ||
           (context->codec_id == AV_CODEC_ID_AMR_WB && mode >= 9);
}

/** Before the next wanted picture, those that stand alone are passed over. Further back, the clock has begun again. */
static int is_wanted(void)
{
    const AVCodecDescriptor *codec = avcodec_descriptor_get(context->codec_id);
    const int64_t second = (int64_t)(1 / av_q2d(context->pkt_timebase));

    return context->codec_type != AVMEDIA_TYPE_VIDEO || !(codec->props & AV_CODEC_PROP_INTRA_ONLY) ||
           packet->pts == AV_NOPTS_VALUE || packet->pts >= wanted_from || packet->pts < wanted_from - second;
}

/** How many packets could not be decoded since the last call. */
int EXPORT(take_damage)(void)
{
    const int count = damaged_packets;

    damaged_packets = 0;
    return count;
}

/** 1 when there is a frame, 0 at the end of the file, 2 when many packets passed without a frame: call again. */
int EXPORT(next_frame)(void)
{
    for (int count = 0; count < MAX_PACKETS; count++) {
        int status = avcodec_receive_frame(context, frame);

        if (status >= 0)
            return 1;
        if (status == AVERROR_EOF)
            return 0;
        if (status != AVERROR(EAGAIN))
            damaged_packets++;
        if (is_draining) {
            if (status == AVERROR(EAGAIN))
                return 0;
            continue;
        }
        status = av_read_frame(container, packet);
        if (status == AVERROR_EOF || (status < 0 && ++broken_reads > MAX_BROKEN_READS)) {
            if (status != AVERROR_EOF)
                damaged_packets++;
            is_draining = 1;
            avcodec_send_packet(context, NULL);
            continue;
        }
        if (status < 0) {
            damaged_packets++;
            continue;
        }
        broken_reads = 0;
        if (packet->stream_index == track && packet->size > 0 && is_wanted() && !is_silence()) {
            if (packet->flags & AV_PKT_FLAG_CORRUPT)
                damaged_packets++;
            if (avcodec_send_packet(context, packet) < 0)
                damaged_packets++;
        }
        av_packet_unref(packet);
    }
    return 2;
}

/** Reads the next packet without decoding it. 1 when there was one, 0 at the end of the file. */
int EXPORT(next_packet)(void)
{
    for (int count = 0; count < MAX_BROKEN_READS; count++) {
        const int status = av_read_frame(container, packet);

        if (status >= 0)
            return 1;
        if (status == AVERROR_EOF)
            return 0;
    }
    return 0;
}

/** When the packet that was read last ends, and frees it. */
double EXPORT(take_packet_end)(void)
{
    const AVStream *stream = container->streams[packet->stream_index];
    const double end = seconds(packet->pts == AV_NOPTS_VALUE ? packet->pts : packet->pts + packet->duration,
                               stream->time_base);
    const int kind = track_kind(packet->stream_index);

    av_packet_unref(packet);
    return kind == 0 ? NAN : end;
}

/** When the frame is to be heard or seen. A picture without a time follows the one before at the usual rate. */
double EXPORT(frame_time)(void)
{
    const AVStream *stream = container->streams[track];
    double time = seconds(frame->best_effort_timestamp, stream->time_base);

    if (isnan(time) && context->codec_type == AVMEDIA_TYPE_VIDEO) {
        const AVRational rate = av_guess_frame_rate(container, container->streams[track], frame);
        if (rate.num > 0 && rate.den > 0)
            time = last_time + 1 / av_q2d(rate);
    }
    last_time = time;
    return time;
}

/** Width of a pixel by its height; 1 when the stream does not say. */
double EXPORT(frame_aspect)(void)
{
    const AVRational aspect = av_guess_sample_aspect_ratio(container, container->streams[track], frame);

    return aspect.num > 0 && aspect.den > 0 ? av_q2d(aspect) : 1;
}
