import { type EncodedPacket, EncodedPacketSink, type InputAudioTrack } from 'mediabunny';
import { mediaDecoders } from '../decoders/decoder-pool.ts';
import { AUDIO_CODECS, type AudioCodec, type DecodedFrame, DecoderError } from '../decoders/media-decoder.ts';
import { decodePcm, pcmForm } from './pcm.ts';
import { sourceBytes } from './source-bytes.ts';
import type { TrackDamage } from './track-damage.ts';

/** Packets that are decoded at once, so that the decoder's thread never waits for the next one. */
const MAX_AHEAD = 32;
/** A time stamp that differs by less from where the sound has come to is rounding, s. */
const ROUNDING_S = 0.02;

/** Decoded sound of a track. */
export interface SoundBlock {
  /** In the container's time, s. */
  readonly startS: number;
  readonly sampleRateHz: number;
  readonly channels: readonly Float32Array[];
}

/** Whether a track's sound can be decoded. */
export function canDecodeSound(codec: string | null): boolean {
  return codec !== null && (AUDIO_CODECS.some((each) => each === codec) || pcmForm(codec) !== null);
}

/**
 * Decodes a track's packets from the one on that is heard at `fromS`. A packet that cannot be decoded is left out, and
 * noted as damage.
 *
 * @throws DecoderError `overloaded`.
 */
export async function* readSoundTrack(
  track: InputAudioTrack,
  damage: TrackDamage,
  fromS?: number,
): AsyncGenerator<SoundBlock> {
  const decode = await openDecoder(track);
  const ahead: { readonly packet: EncodedPacket; readonly frames: Promise<readonly SoundBlock[]> }[] = [];
  const place = timeline();
  const sink = new EncodedPacketSink(track);
  try {
    let packet = (fromS === undefined ? null : await sink.getPacket(fromS)) ?? (await sink.getFirstPacket());
    while (packet !== null || ahead.length > 0) {
      if (packet !== null) {
        const frames = decode.packet(packet);
        // A failure is noted where the frames are awaited. This handler only prevents an unhandled rejection before that.
        frames.catch(() => {});
        ahead.push({ packet, frames });
        packet = await nextPacket(sink, packet, damage);
        if (packet !== null && ahead.length <= MAX_AHEAD) continue;
      }
      const { packet: decoded, frames } = ahead.shift()!;
      const blocks = await frames.catch((error: unknown) => {
        if (!(error instanceof DecoderError) || error.code === 'overloaded') throw error;
        note(damage, decoded, error);
        if (error.code === 'hung') packet = null;
        return [];
      });
      for (const block of blocks) yield place(block);
    }
    const rest = await decode.flush().catch(() => []);
    for (const block of rest) yield place(block);
  } finally {
    decode.close();
  }
}

/** The next packet. Null at the end, or where the container cannot be followed any further. */
async function nextPacket(
  sink: EncodedPacketSink,
  packet: EncodedPacket,
  damage: TrackDamage,
): Promise<EncodedPacket | null> {
  try {
    return await sink.getNextPacket(packet);
  } catch (error) {
    note(damage, packet, error);
    return null;
  }
}

function note(damage: TrackDamage, { timestamp, duration }: EncodedPacket, cause: unknown): void {
  damage.add(timestamp * 1000, (timestamp + duration) * 1000, cause);
}

interface PacketDecoder {
  packet(packet: EncodedPacket): Promise<readonly SoundBlock[]>;
  flush(): Promise<readonly SoundBlock[]>;
  close(): void;
}

async function openDecoder(track: InputAudioTrack): Promise<PacketDecoder> {
  const codec = (await track.getCodec())!;
  const { sampleRate, numberOfChannels } = track;
  const form = pcmForm(codec);
  if (form !== null) {
    return {
      packet: async ({ data, timestamp }) => [
        { startS: timestamp, sampleRateHz: sampleRate, channels: decodePcm(data, form, numberOfChannels) },
      ],
      flush: async () => [],
      close: () => {},
    };
  }
  const description = (await track.getDecoderConfig())?.description;
  const decoder = await mediaDecoders.open({
    codec: codec as AudioCodec,
    config: sourceBytes(description),
    sampleRateHz: sampleRate,
    channelCount: numberOfChannels,
  });
  // Tickets are whole numbers.
  const toBlock = (frame: DecodedFrame): SoundBlock[] =>
    frame.kind === 'sound'
      ? [{ startS: frame.ticket / sampleRate, sampleRateHz: frame.sampleRateHz, channels: frame.channels }]
      : [];
  return {
    packet: async ({ data, timestamp }) =>
      (await decoder.decode({ data, ticket: Math.round(timestamp * sampleRate) })).flatMap(toBlock),
    flush: async () => (await decoder.flush()).flatMap(toBlock),
    close: () => decoder.close(),
  };
}

/** Counts samples, because time stamps are rounded. A time stamp that is further off than a block is believed. */
function timeline(): (block: SoundBlock) => SoundBlock {
  let nextS: number | null = null;
  return (block) => {
    const durationS = (block.channels[0]?.length ?? 0) / block.sampleRateHz;
    const isNear = nextS !== null && Math.abs(block.startS - nextS) < Math.max(ROUNDING_S, durationS);
    const startS: number = isNear ? nextS! : block.startS;
    nextS = startS + durationS;
    return { ...block, startS };
  };
}
