import type { Clock } from '../../../../pipeline/index.ts';
import type { ChosenCodec } from '../sdp/choose-codecs.ts';
import type { PassedOn, PassOnRequest, SentSource, TransportEnd } from '../transport/media-transport.ts';
import type { MediasoupCodec } from './mediasoup-types.ts';
import type { RouterLane } from './router-lane.ts';
import { RouterPeer } from './router-peer.ts';
import { listenerCodec } from './rtp-parameters.ts';

/** One stream of a publisher, as its router holds it. */
export interface RouterSource {
  readonly kind: ChosenCodec['kind'];
  readonly producerId: string;
  readonly codec: MediasoupCodec;
}

export interface RouterListenerOptions extends PassOnRequest {
  /** The publisher's worker. It also carries the listener. */
  readonly lane: RouterLane;
  readonly sources: readonly RouterSource[];
  readonly listenIps: readonly Record<string, unknown>[];
  readonly clock: Clock;
}

/**
 * Passes a publisher's streams on to a listener. The listener's offer has its own payload types, but a router has one
 * numbering for all peers. So each listener gets its own router, and the streams are piped to it.
 */
export async function openRouterListener(options: RouterListenerOptions): Promise<PassedOn> {
  const { lane, sources, chosen, handlers } = options;
  const codecs = [...chosen].flatMap(([mid, choice]) => {
    const source = sources.find(({ kind }) => kind === choice.kind);
    return source === undefined ? [] : { mid, source, codec: listenerCodec(source.codec, choice) };
  });
  // Audio first: a router numbers a video codec's retransmissions itself, with the numbers that are still free.
  codecs.sort((a, b) => a.source.codec.mimeType.localeCompare(b.source.codec.mimeType));
  const release = lane.hold();
  const router = await lane.worker.createRouter({ mediaCodecs: codecs.map(({ codec }) => codec) }).catch((error) => {
    release();
    throw error;
  });
  let isOpen = true;
  let peer: RouterPeer | null = null;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    peer?.close();
    router.close();
    release();
  };
  const end = (reason: TransportEnd): void => {
    if (!isOpen) return;
    close();
    handlers.onEnded(reason);
  };
  try {
    peer = await RouterPeer.open({ ...options, router, handlers: { ...handlers, onEnded: end } });
    peer.transport.on('routerclose', () => end('failed'));
    const sent = new Map<string, SentSource>();
    for (const { mid, source, codec } of codecs) {
      const { producerId } = source;
      await lane.router.pipeToRouter({ producerId, router });
      const rtpCapabilities = { codecs: [codec], headerExtensions: [] };
      const consumer = await peer.transport.consume({ producerId, rtpCapabilities, mid });
      consumer.on('producerclose', () => end('closed'));
      const { encodings, rtcp } = consumer.rtpParameters;
      sent.set(mid, { ssrc: encodings?.[0]?.ssrc ?? 0, cname: rtcp?.cname ?? 'undertone' });
    }
    return { local: peer.local, sent, close };
  } catch (error) {
    close();
    throw error;
  }
}
