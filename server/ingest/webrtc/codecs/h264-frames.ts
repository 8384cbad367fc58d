import type { RtpPacket } from '../rtp/rtp-packet.ts';
import type { EncodedFrame, FrameAssembler } from './frame-assembler.ts';

const START_CODE = Buffer.from([0, 0, 0, 1]);
const REFERENCE_BITS = 0x60;
const IDR = 5;
const SEQUENCE_PARAMETERS = 7;
const STAP_A = 24;
const FU_A = 28;

/** Assembles H.264 access units (RFC 6184, single and non-interleaved mode) as a byte stream (Annex B). */
export class H264Frames implements FrameAssembler {
  readonly #outOfBand: readonly Buffer[];
  #parts: Buffer[] = [];
  #isKey = false;
  #isDisposable = true;
  #hasParameters = false;
  #inFragment = false;

  /** @param formatParameters - the value of `a=fmtp`. Some senders give the parameter sets only there. */
  constructor(formatParameters: string) {
    const sets = /sprop-parameter-sets=([A-Za-z0-9+/=,]{1,2048})/.exec(formatParameters)?.[1] ?? '';
    this.#outOfBand = sets.split(',').flatMap((set) => (set === '' ? [] : [Buffer.from(set, 'base64')]));
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  add({ payload }: RtpPacket): boolean {
    if (payload.length < 2) return false;
    const type = payload[0]! & 0x1f;
    if (type === FU_A) return this.#addFragment(payload);
    if (this.#inFragment) return false;
    if (type === STAP_A) return this.#addAggregate(payload);
    if (type === 0 || type > 23) return false;
    this.#addUnit(payload);
    return true;
  }

  take(): EncodedFrame {
    const [isKey, isDisposable] = [this.#isKey, this.#isDisposable];
    const sets = isKey && !this.#hasParameters ? this.#outOfBand.flatMap((set) => [START_CODE, set]) : [];
    const data = Buffer.concat([...sets, ...this.#parts]);
    this.clear();
    return { data, isKey, isDisposable };
  }

  clear(): void {
    this.#parts = [];
    this.#isKey = false;
    this.#isDisposable = true;
    this.#hasParameters = false;
    this.#inFragment = false;
  }

  #addFragment(payload: Buffer): boolean {
    const header = payload[1]!;
    const isStart = (header & 0x80) !== 0;
    if (isStart === this.#inFragment) return false;
    if (isStart) {
      this.#addUnit(Buffer.from([(payload[0]! & 0xe0) | (header & 0x1f)]));
    }
    this.#parts.push(payload.subarray(2));
    this.#inFragment = (header & 0x40) === 0;
    return true;
  }

  #addAggregate(payload: Buffer): boolean {
    for (let at = 1; at + 2 < payload.length; ) {
      const length = payload.readUInt16BE(at);
      if (length === 0 || at + 2 + length > payload.length) return false;
      this.#addUnit(payload.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    return true;
  }

  #addUnit(unit: Buffer): void {
    const type = unit[0]! & 0x1f;
    if (type === IDR) this.#isKey = true;
    if (type === SEQUENCE_PARAMETERS) this.#hasParameters = true;
    // nal_ref_idc (ITU-T H.264, 7.4.1): above 0 in slices that other pictures refer to, and in parameter sets.
    if ((unit[0]! & REFERENCE_BITS) !== 0) this.#isDisposable = false;
    this.#parts.push(START_CODE, unit);
  }
}
