import { type GrantedAudio, type GrantedDecoder, openGrantedDecoder } from './granted-audio.ts';

/** A piece of sound of one person. */
export interface SoundPiece {
  readonly bytes: Uint8Array;
  /** Told once: mono samples, −1…1, and their rate. Null: the bytes are no sound of this codec. */
  readonly onSamples: (samples: Float32Array | null, sampleRateHz: number) => void;
  /** Told instead if the piece was not decoded: the codec has no decoder, or the decoder is not ready in time. */
  readonly onRefused: (reason: 'wrong-media' | 'overloaded') => void;
}

/** People whose decoders are kept. The one who was silent longest gets a new one when heard again. */
const MAX_DECODERS = 64;
/** Pieces of one person that wait for the decoder, which opens within milliseconds. */
const MAX_WAITING = 100;

/** Decodes what a stream's media server sends, with a decoder per person: codecs build on what came before. */
export class GrantedSound {
  readonly granted: GrantedAudio;
  /** By person. Whoever was heard last is the last. */
  readonly #voices = new Map<string, PersonSound>();

  constructor(granted: GrantedAudio) {
    this.granted = granted;
  }

  /** Takes a person's next piece. */
  take(personId: string, piece: SoundPiece): void {
    const voice = this.#voices.get(personId) ?? new PersonSound(this.granted);
    this.#voices.delete(personId);
    this.#voices.set(personId, voice);
    if (this.#voices.size > MAX_DECODERS) {
      const [silentId, silent] = this.#voices.entries().next().value!;
      this.#voices.delete(silentId);
      silent.close();
    }
    voice.take(piece);
  }

  /** Frees the decoders. Pieces that wait are dropped. */
  close(): void {
    for (const voice of this.#voices.values()) voice.close();
    this.#voices.clear();
  }
}

/** The decoder of one person, and what waits until it is open. */
class PersonSound {
  #decoder: GrantedDecoder | null = null;
  /** Null: nothing waits any more. */
  #waiting: SoundPiece[] | null = [];
  #isClosed = false;

  constructor(granted: GrantedAudio) {
    const opened = openGrantedDecoder(granted);
    if (opened instanceof Promise) {
      opened.then(
        (decoder) => this.#open(decoder),
        () => this.#open(null),
      );
    } else this.#open(opened);
  }

  take(piece: SoundPiece): void {
    if (this.#waiting === null) this.#decode(piece);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(piece);
    else piece.onRefused('overloaded');
  }

  close(): void {
    this.#isClosed = true;
    this.#decoder?.close();
  }

  #open(decoder: GrantedDecoder | null): void {
    if (this.#isClosed) {
      decoder?.close();
      return;
    }
    this.#decoder = decoder;
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const piece of waiting) this.#decode(piece);
  }

  #decode({ bytes, onSamples, onRefused }: SoundPiece): void {
    if (this.#decoder === null) onRefused('wrong-media');
    else onSamples(this.#decoder.decode(bytes), this.#decoder.sampleRateHz);
  }
}
