import { type StepRange, VoiceCounter } from './voice-activity.ts';

/** A label of a transcript: when its cues are, and the channel that its name or number stands for; null: none. */
export interface Label {
  readonly cues: readonly StepRange[];
  readonly channel: number | null;
}

/** The channel that a label is heard in. */
export interface LabelMatch {
  readonly channel: number;
  /**
   * `named`: as the label says. `heard`: the label names no channel, and its voice tells which. `moved`: it names a
   * channel, but is heard in another. `guessed`: nothing tells.
   */
  readonly by: 'named' | 'heard' | 'moved' | 'guessed';
}

/** A label is heard in a channel if its cues are voiced there this much more than in other channels. */
const HEARD_MARGIN = 0.15;
/** A label is moved away from the channel that it names only if the difference is this clear. */
const MOVED_MARGIN = 0.3;
const MOVED_LEAST_SHARE = 0.4;
/** Least voice that tells anything, in steps. */
const LEAST_STEPS = 8;

/**
 * Finds the channel in which each label is heard. A channel fits a label if it is voiced during the label's cues, and not
 * during the cues of others.
 *
 * @param voices - 1 per voiced step, per channel.
 */
export function matchLabels(labels: readonly Label[], voices: readonly Uint8Array[]): LabelMatch[] {
  const counters = voices.map((voiced) => new VoiceCounter(voiced));
  const heard = labels.map((label) => counters.map((counter) => sum(label.cues, counter)));
  const lengths = labels.map((label) => label.cues.reduce((steps, { from, to }) => steps + to - from, 0));
  const all = lengths.reduce((a, b) => a + b, 0);
  const allHeard = counters.map((_, channel) => heard.reduce((a, row) => a + row[channel]!, 0));

  return labels.map(({ channel: named }, index): LabelMatch => {
    const share = heard[index]!.map((steps) => steps / Math.max(1, lengths[index]!));
    const others = all - lengths[index]!;
    const score = share.map((own, channel) =>
      others === 0 ? own : own - (allHeard[channel]! - heard[index]![channel]!) / others,
    );
    const best = score.indexOf(Math.max(...score));
    const second = Math.max(-1, ...score.filter((_, channel) => channel !== best));
    const isEvident = heard[index]![best]! >= LEAST_STEPS && score[best]! - second >= HEARD_MARGIN;
    if (named !== null && named < voices.length) {
      const isElsewhere =
        best !== named &&
        isEvident &&
        share[best]! >= MOVED_LEAST_SHARE &&
        share[best]! - share[named]! >= MOVED_MARGIN &&
        score[best]! - score[named]! >= MOVED_MARGIN;
      return isElsewhere ? { channel: best, by: 'moved' } : { channel: named, by: 'named' };
    }
    return { channel: best, by: isEvident || voices.length === 1 ? 'heard' : 'guessed' };
  });
}

function sum(cues: readonly StepRange[], counter: VoiceCounter): number {
  let steps = 0;
  for (const { from, to } of cues) steps += counter.between(from, to);
  return steps;
}
