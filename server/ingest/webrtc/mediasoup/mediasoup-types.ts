/** The part of mediasoup (3.8 and later) that is used here. The package is optional. */
export interface Mediasoup {
  createWorker(settings: Record<string, unknown>): Promise<MediasoupWorker>;
}

interface Emitter {
  on(event: string, listener: (...values: never[]) => void): unknown;
}

export interface MediasoupWorker extends Emitter {
  readonly pid: number;
  createRouter(options: { readonly mediaCodecs: readonly Record<string, unknown>[] }): Promise<MediasoupRouter>;
  close(): void;
}

export interface MediasoupRouter {
  readonly rtpCapabilities: unknown;
  createWebRtcTransport(options: Record<string, unknown>): Promise<MediasoupWebRtcTransport>;
  createDirectTransport(): Promise<MediasoupDirectTransport>;
  /** Makes a producer of this router available in another router, under the same id. */
  pipeToRouter(options: { readonly producerId: string; readonly router: MediasoupRouter }): Promise<unknown>;
  close(): void;
}

export interface MediasoupWebRtcTransport extends Emitter {
  readonly iceParameters: { readonly usernameFragment: string; readonly password: string };
  readonly iceCandidates: readonly { readonly ip: string; readonly port: number; readonly protocol: string }[];
  readonly dtlsParameters: { readonly fingerprints: readonly { readonly algorithm: string; readonly value: string }[] };
  connect(options: Record<string, unknown>): Promise<void>;
  produce(options: Record<string, unknown>): Promise<{ readonly id: string }>;
  consume(options: Record<string, unknown>): Promise<MediasoupConsumer>;
  getStats(): Promise<readonly { readonly bytesReceived: number }[]>;
  close(): void;
}

/** A codec with the router's numbering. */
export interface MediasoupCodec {
  readonly mimeType: string;
  readonly payloadType: number;
  readonly clockRate: number;
  readonly channels?: number;
  readonly parameters?: Record<string, unknown>;
}

export interface MediasoupConsumer extends Emitter {
  readonly rtpParameters: {
    readonly codecs: readonly MediasoupCodec[];
    readonly encodings?: readonly { readonly ssrc?: number }[];
    readonly rtcp?: { readonly cname?: string };
  };
}

export interface MediasoupDirectTransport extends Emitter {
  consume(options: Record<string, unknown>): Promise<MediasoupConsumer>;
  sendRtcp(packet: Buffer): void;
  close(): void;
}
