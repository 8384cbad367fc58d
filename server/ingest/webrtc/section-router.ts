import type { IncomingSection } from './incoming-section.ts';
import type { IncomingStream } from './incoming-stream.ts';
import type { RtpPacket } from './rtp/rtp-packet.ts';
import type { StreamClock } from './rtp/stream-clock.ts';

/** SSRCs that are remembered per peer. Packets with further SSRCs are routed only by their own content. */
const MAX_SSRCS = 32;

/** Finds the media section that a packet belongs to (RFC 9143, 9.2): by its SSRC, its mid, or its payload type. */
export class SectionRouter {
  readonly sections: readonly IncomingSection[];
  readonly #bySsrc = new Map<number, IncomingSection>();

  /** `sections` may grow until the first packet arrives. */
  constructor(sections: readonly IncomingSection[]) {
    this.sections = sections;
  }

  /** The newest stream of each section. */
  get streams(): IncomingStream[] {
    return this.sections.flatMap(({ stream }) => stream ?? []);
  }

  /** The clock of the voice. Null until it is heard. */
  get voiceClock(): StreamClock | null {
    return this.sections.find(({ media }) => media.kind === 'audio')?.stream?.clock ?? null;
  }

  streamOf(ssrc: number): IncomingStream | undefined {
    return this.streams.find((stream) => stream.ssrc === ssrc);
  }

  /** Null for a packet that was not negotiated. */
  route(packet: RtpPacket): IncomingSection | null {
    const known = this.#bySsrc.get(packet.ssrc);
    if (known !== undefined) return known.takes(packet.payloadType) ? known : null;
    const section = this.sections.find((candidate) => this.#isFor(packet, candidate)) ?? null;
    if (section !== null && this.#bySsrc.size < MAX_SSRCS) this.#bySsrc.set(packet.ssrc, section);
    return section;
  }

  #isFor(packet: RtpPacket, section: IncomingSection): boolean {
    const { midExtensionId, mid } = section.media;
    const told = midExtensionId === null ? undefined : packet.extensions?.get(midExtensionId);
    if (told !== undefined && told.toString('latin1') !== mid) return false;
    return section.takes(packet.payloadType);
  }
}
