import type { CodedPacket, DecodedFrame, DecoderErrorCode, DecoderSetup } from './media-decoder.ts';

export interface DecoderThreadData {
  /** FFmpeg's decoders, compiled once for all threads. */
  readonly module: WebAssembly.Module;
}

/** Main thread → decoder thread. Every request except `close` is answered, in order. */
export type DecoderRequest =
  | { readonly kind: 'open'; readonly decoder: number; readonly setup: DecoderSetup }
  | { readonly kind: 'decode'; readonly decoder: number; readonly packet: CodedPacket }
  | { readonly kind: 'flush'; readonly decoder: number }
  | { readonly kind: 'close'; readonly decoder: number };

/** Decoder thread → main thread. */
export type DecoderReply =
  | {
      readonly kind: 'frames';
      readonly frames: readonly DecodedFrame[];
      /** Memory that the decoder uses. */
      readonly memoryBytes: number;
    }
  | { readonly kind: 'error'; readonly code: DecoderErrorCode; readonly message: string };
