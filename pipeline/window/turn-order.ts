/** What the order of turns looks at in a lane; `turnSample` is where its next decision lies. */
export interface TurnTaker {
  readonly participant: { readonly id: string };
  readonly turnSample: number;
  readonly isReady: boolean;
  readonly isAwaited: boolean;
  readonly isHeld: boolean;
  readonly isBeingScored: boolean;
  isLagging: boolean;
}

export interface Turn<L> {
  /** Whose decision comes next, or null while others must come first. */
  readonly lane: L | null;
  /** Lanes to wait for that have nothing on the way of their own accord: they need media from outside. */
  readonly waitsFor: readonly L[];
}

/**
 * Chooses the lane that decides next: the ready one with the earliest turn (ties by participant id), unless one that
 * is awaited and not ready has an earlier turn. A lane that lagged and is ahead of the ready ones again is awaited again.
 */
export function nextTurn<L extends TurnTaker>(lanes: readonly L[]): Turn<L> {
  let first: L | null = null;
  for (const lane of lanes) {
    if (lane.isReady && (first === null || precedes(lane, first))) {
      first = lane;
    }
  }
  const waitsFor: L[] = [];
  let isBlocked = false;
  for (const lane of lanes) {
    if (lane.isReady) {
      continue;
    }
    if (first !== null && !precedes(lane, first)) {
      lane.isLagging = false;
    }
    const blocks = first !== null && lane.isAwaited && precedes(lane, first);
    isBlocked ||= blocks;
    if (lane.isHeld || (blocks && !lane.isBeingScored)) {
      waitsFor.push(lane);
    }
  }
  return { lane: isBlocked ? null : first, waitsFor };
}

function precedes(a: TurnTaker, b: TurnTaker): boolean {
  return a.turnSample < b.turnSample || (a.turnSample === b.turnSample && a.participant.id < b.participant.id);
}
