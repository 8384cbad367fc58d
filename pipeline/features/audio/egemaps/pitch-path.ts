import { CANDIDATE_COUNT } from './pitch-candidates.ts';

/** Frames after which a decision is taken, whatever follows. */
export const PITCH_LAG_FRAMES = 40;
/** Candidates under this voicing are counted as unvoiced. */
const VOICING_CUTOFF = 0.7;
/** The path's costs. Voicing decisions are openSMILE's; the weights are fitted to its paths over recorded speech. */
const LOCAL_WEIGHT = 3.5;
const THRESHOLD_COST = 8;
const JUMP_WEIGHT = 12;
const BEND_WEIGHT = 7.5;
const VOICING_CHANGE_COST = 10;

const STATES = CANDIDATE_COUNT + 1;
const UNVOICED = CANDIDATE_COUNT;

/**
 * Chooses one pitch candidate, or none, a frame: the cheapest path through all frames (Viterbi), where a path pays for
 * unlikely voicing, for jumps and bends of the logarithmic pitch and for each change between voiced and unvoiced.
 */
export class PitchPath {
  #hz = new Float32Array(256 * STATES);
  #cost = new Float64Array(256 * STATES);
  #previous = new Uint8Array(256 * STATES);
  #frameCount = 0;
  /** Oldest frame that is still held. */
  #first = 0;

  /** Frames pushed so far. */
  get frameCount(): number {
    return this.#frameCount;
  }

  /** Appends a frame's candidates; each array holds {@link CANDIDATE_COUNT} values, 0 Hz where there is none. */
  push(hz: Float64Array, voicing: Float64Array): void {
    this.#reserve();
    const now = (this.#frameCount - this.#first) * STATES;
    let best = 0;
    for (let state = 0; state < STATES; state++) {
      this.#hz[now + state] = state === UNVOICED ? 0 : hz[state]!;
      if (state !== UNVOICED && hz[state]! > 0) best = Math.max(best, voicing[state]!);
    }
    for (let state = 0; state < STATES; state++) {
      const local = state === UNVOICED ? unvoicedCost(best) : voicedCost(hz[state]!, voicing[state]!);
      this.#enter(now, state, local);
    }
    this.#frameCount++;
  }

  /**
   * Writes the pitch of frames `from…to − 1` on the cheapest path that ends at frame `last`, 0 where unvoiced.
   * @param output indexed by frame.
   */
  trace(from: number, to: number, last: number, output: { set(frame: number, hz: number): void }): void {
    if (last < 0) return;
    let at = (last - this.#first) * STATES;
    let state = UNVOICED;
    for (let other = 0; other < STATES; other++) {
      if (this.#cost[at + other]! < this.#cost[at + state]!) state = other;
    }
    for (let frame = last; frame >= from; frame--, at -= STATES) {
      if (frame < to) output.set(frame, this.#hz[at + state]!);
      state = this.#previous[at + state]!;
    }
  }

  /** Whether all paths that end at frame `last` have the same pitch at `frame`: later frames would not change it. */
  agreesAt(frame: number, last: number): boolean {
    let states = 2 ** STATES - 1;
    for (let later = last; later > frame; later--) {
      let earlier = 0;
      for (let state = 0; state < STATES; state++) {
        if (states & (1 << state)) earlier |= 1 << this.#previous[(later - this.#first) * STATES + state]!;
      }
      states = earlier;
    }
    return (states & (states - 1)) === 0;
  }

  /** Frames before `frame` are not traced again. Their memory is used anew once they are half of all. */
  forgetBefore(frame: number): void {
    const dropped = (frame - this.#first) * STATES;
    if (dropped < this.#cost.length / 2) return;
    this.#hz.copyWithin(0, dropped);
    this.#cost.copyWithin(0, dropped);
    this.#previous.copyWithin(0, dropped);
    this.#first = frame;
  }

  #enter(now: number, state: number, local: number): void {
    if (this.#frameCount === 0) {
      this.#cost[now + state] = local;
      return;
    }
    const before = now - STATES;
    let cheapest = Number.POSITIVE_INFINITY;
    let from = UNVOICED;
    for (let other = 0; other < STATES; other++) {
      const cost = this.#cost[before + other]! + this.#transitionCost(before, other, this.#hz[now + state]!);
      if (cost < cheapest) {
        cheapest = cost;
        from = other;
      }
    }
    this.#cost[now + state] = cheapest + local;
    this.#previous[now + state] = from;
  }

  #transitionCost(before: number, from: number, hz: number): number {
    const fromHz = this.#hz[before + from]!;
    if (fromHz === 0 && hz === 0) return 0;
    if (fromHz === 0 || hz === 0) return VOICING_CHANGE_COST;
    const jump = Math.log10(hz / fromHz);
    let cost = JUMP_WEIGHT * Math.abs(jump);
    if (before >= STATES) {
      const earlierHz = this.#hz[before - STATES + this.#previous[before + from]!]!;
      if (earlierHz > 0) cost += BEND_WEIGHT * Math.abs(jump - Math.log10(fromHz / earlierHz));
    }
    return cost;
  }

  #reserve(): void {
    const needed = (this.#frameCount - this.#first + 1) * STATES;
    if (needed <= this.#cost.length) return;
    const size = 2 * this.#cost.length;
    const hz = new Float32Array(size);
    const cost = new Float64Array(size);
    const previous = new Uint8Array(size);
    hz.set(this.#hz);
    cost.set(this.#cost);
    previous.set(this.#previous);
    this.#hz = hz;
    this.#cost = cost;
    this.#previous = previous;
  }
}

function voicedCost(hz: number, voicing: number): number {
  if (hz <= 0) return Number.MAX_VALUE / 1e6;
  const crossing = voicing < VOICING_CUTOFF ? THRESHOLD_COST : 0;
  return crossing - LOCAL_WEIGHT * Math.log(Math.max(voicing, 1e-6));
}

function unvoicedCost(bestVoicing: number): number {
  return bestVoicing >= VOICING_CUTOFF ? THRESHOLD_COST : 0;
}
