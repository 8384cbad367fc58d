import { CANDIDATE_COUNT } from './pitch-candidates.ts';

/** Frames after which a decision is final, whatever follows. */
export const PITCH_LAG_FRAMES = 39;
/** Candidates under this voicing are counted as unvoiced. */
const VOICING_CUTOFF = 0.7;
const LOWEST_VOICING = 0.01;
/** Costs of a path. The weights are those of openSMILE's configuration of eGeMAPS (wLocal, wThr, wTvv, wTvuv, wRange). */
const LOCAL_WEIGHT = 2;
const THRESHOLD_COST = LOCAL_WEIGHT * 4;
const JUMP_WEIGHT = 10;
const VOICING_CHANGE_COST = 10;
/** For every further unvoiced frame. */
const STAYING_UNVOICED_COST = 1;
/** Pitch between these values costs nothing. Outside, the cost rises with the distance. */
const COMMON_LOW_HZ = 100;
const COMMON_HIGH_HZ = 350;
const HIGH_RISE_HZ = 250;
const HIGHEST_RISE_HZ = 600;
const HIGHEST_COST = 1.2;
/** The very first jump is compared with this one. */
const FIRST_JUMP = 1;

const STATES = CANDIDATE_COUNT + 1;
const UNVOICED = CANDIDATE_COUNT;

/**
 * Chooses one pitch candidate per frame, or none: the cheapest path through all frames (Viterbi). Unlikely voicing,
 * uncommon pitch, jumps of the logarithmic pitch and each change between voiced and unvoiced have a cost. The costs are
 * openSMILE's. They were found by giving it chosen candidates.
 */
export class PitchPath {
  #hz = new Float32Array(256 * STATES);
  #cost = new Float64Array(256 * STATES);
  #previous = new Uint8Array(256 * STATES);
  /** Natural logarithm of the newest two frames' pitch; −Infinity where unvoiced. */
  #logHz = new Float64Array(STATES).fill(Number.NEGATIVE_INFINITY);
  #logHzBefore = new Float64Array(STATES).fill(Number.NEGATIVE_INFINITY);
  #frameCount = 0;
  /** Oldest frame that is held. */
  #first = 0;

  /** Frames pushed so far. */
  get frameCount(): number {
    return this.#frameCount;
  }

  /** Appends a frame's candidates; each array holds {@link CANDIDATE_COUNT} values, 0 Hz where there is none. */
  push(hz: Float64Array, voicing: Float64Array): void {
    this.#reserve();
    const now = (this.#frameCount - this.#first) * STATES;
    [this.#logHz, this.#logHzBefore] = [this.#logHzBefore, this.#logHz];
    let best = 0;
    for (let candidate = 0; candidate < CANDIDATE_COUNT; candidate++) {
      this.#hz[now + candidate] = hz[candidate]!;
      this.#logHz[candidate] = Math.log(hz[candidate]!);
      best = Math.max(best, voicing[candidate]!);
    }
    this.#hz[now + UNVOICED] = 0;
    for (let candidate = 0; candidate < CANDIDATE_COUNT; candidate++) {
      this.#enter(now, candidate, voicedCost(hz[candidate]!, voicing[candidate]!));
    }
    this.#enter(now, UNVOICED, best >= VOICING_CUTOFF ? THRESHOLD_COST : 0);
    this.#frameCount++;
  }

  /**
   * Writes the pitch of frames `from…to − 1` on the cheapest path that ends at frame `last`, 0 where unvoiced.
   * @param output indexed by frame.
   */
  trace(from: number, to: number, last: number, output: { set(frame: number, hz: number): void }): void {
    if (last < 0) return;
    let at = (last - this.#first) * STATES;
    let state = 0;
    for (let other = 1; other < STATES; other++) {
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

  /** Forgets the frames before `frame`. Their memory is reused once they are half of all frames. */
  forgetBefore(frame: number): void {
    const dropped = (frame - this.#first) * STATES;
    if (dropped < this.#cost.length / 2) return;
    this.#hz.copyWithin(0, dropped);
    this.#cost.copyWithin(0, dropped);
    this.#previous.copyWithin(0, dropped);
    this.#first = frame;
  }

  /**
   * Joins the cheapest path to a frame's state.
   *
   * A jump costs twice: for its size, and for its difference from another jump. One would expect that to be the previous
   * jump on the path. It is the jump from the candidate with the next higher rank, and the first candidate is compared
   * with none. openSMILE does the same, and ignores its weight for the bend (wTvvd).
   */
  #enter(now: number, state: number, local: number): void {
    if (this.#frameCount === 0) {
      this.#cost[now + state] = local;
      return;
    }
    const before = now - STATES;
    const logHz = this.#logHz[state]!;
    const voiced = logHz !== Number.NEGATIVE_INFINITY;
    let otherJump = this.#frameCount === 1 && state === 0 ? FIRST_JUMP : 0;
    let cheapest = Number.POSITIVE_INFINITY;
    let from = UNVOICED;
    for (let earlier = 0; earlier < STATES; earlier++) {
      const earlierLogHz = this.#logHzBefore[earlier]!;
      let cost = this.#cost[before + earlier]!;
      let jump = 0;
      if (voiced !== (earlierLogHz !== Number.NEGATIVE_INFINITY)) cost += VOICING_CHANGE_COST;
      else if (!voiced) cost += STAYING_UNVOICED_COST;
      else {
        jump = logHz - earlierLogHz;
        cost += JUMP_WEIGHT * (Math.abs(jump) + Math.abs(jump - otherJump));
      }
      otherJump = jump;
      if (cost < cheapest) {
        cheapest = cost;
        from = earlier;
      }
    }
    this.#cost[now + state] = cheapest + local;
    this.#previous[now + state] = from;
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
  const crossing = voicing < VOICING_CUTOFF ? THRESHOLD_COST : 0;
  return crossing + rangeCost(hz) - LOCAL_WEIGHT * Math.log(Math.max(voicing, LOWEST_VOICING));
}

function rangeCost(hz: number): number {
  if (hz < COMMON_LOW_HZ) return (COMMON_LOW_HZ - hz) / COMMON_LOW_HZ;
  if (hz <= COMMON_HIGH_HZ) return 0;
  return hz < HIGHEST_RISE_HZ ? (hz - COMMON_HIGH_HZ) / HIGH_RISE_HZ : HIGHEST_COST;
}
