import { Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../pipeline/media/clock.ts';
import type { MediaFrame } from '../../../pipeline/media/media-frame.ts';
import { type CutUtterancesOptions, cutUtterances } from '../../../pipeline/window/cut-utterances.ts';
import type { UtteranceSignal } from '../../../pipeline/window/utterance.ts';
import { ALICE, BOB, bound, chunksOf, image, openTrack, words } from '../../support/pipeline/frames.ts';
import { loudnessVoiceActivity, speech } from '../../support/pipeline/loudness-voice-activity.ts';
import { mediaOf, tell } from '../../support/pipeline/signals.ts';

function cut(options: Partial<CutUtterancesOptions> = {}) {
  return cutUtterances({ clock: systemClock, voiceActivity: loudnessVoiceActivity(), ...options });
}

/** A source fed by hand, in fake time. */
function live(options: Partial<CutUtterancesOptions> = {}) {
  const source = new Subject<MediaFrame>();
  const signals: UtteranceSignal[] = [];
  const ends: unknown[] = [];
  const subscription = source.pipe(cut(options)).subscribe({
    next: (signal) => signals.push(signal),
    error: (error) => ends.push(error),
    complete: () => ends.push('complete'),
  });
  const send = async (...frames: MediaFrame[]) => {
    for (const frame of frames) {
      source.next(frame);
    }
    await vi.advanceTimersByTimeAsync(0);
  };
  return { source, signals, ends, subscription, send };
}

const HELLO = chunksOf('a', speech(400, 1000, 1000));

describe('cutUtterances in time', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('revises a closed utterance when its words land late, and again when they are corrected', async () => {
    const { signals, send, subscription } = live();
    await send(openTrack('a', 'audio'), openTrack('t', 'transcript'), ...HELLO);
    signals.length = 0;
    await vi.advanceTimersByTimeAsync(40);
    await send(words('t', 500, 1300, { text: 'helo' }));
    expect(signals).toMatchObject([
      { kind: 'transcribed', tracks: { text: true, audio: true }, arrivedAtMs: performance.now() },
    ]);
    await send(words('t', 500, 1300, { text: 'hello' }), words('t', 500, 1300, { text: 'hello' }));
    expect(tell(signals)).toEqual(['transcribed alice-264 "helo"', 'transcribed alice-264 "hello"']);
    subscription.unsubscribe();
  });

  it('stamps a decision with the clock', async () => {
    const { signals, send, subscription } = live();
    await vi.advanceTimersByTimeAsync(700);
    await send(openTrack('a', 'audio'), ...HELLO);
    expect(signals.at(-1)).toMatchObject({ kind: 'closed', decidedAtMs: performance.now() });
    subscription.unsubscribe();
  });

  it('waits for another participant only for the patience, and only once', async () => {
    const { signals, send, subscription } = live({ patienceMs: 250 });
    const [first, second] = [
      chunksOf('a', speech(400, 1000, 1000)),
      chunksOf('a', speech(0, 1000, 1000), { startMs: 2400 }),
    ];
    await send(openTrack('a', 'audio', ALICE), openTrack('b', 'audio', BOB), ...first);
    await vi.advanceTimersByTimeAsync(249);
    expect(signals).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(tell(signals)).toEqual(['opened alice-264', 'closed alice-264 264–1408 silence']);
    await send(...second);
    expect(tell(signals)).toHaveLength(4);
    subscription.unsubscribe();
  });

  it('waits again for a participant that has caught up', async () => {
    const { signals, send, subscription } = live();
    await send(openTrack('a', 'audio', ALICE), openTrack('b', 'audio', BOB), ...HELLO);
    await vi.advanceTimersByTimeAsync(250);
    await send(...chunksOf('b', speech(2500)));
    signals.length = 0;
    await send(...chunksOf('a', speech(0, 1000, 1000), { startMs: 2400 }));
    expect(signals).toEqual([]);
    await send(...chunksOf('b', speech(2000), { startMs: 2500 }));
    expect(tell(signals)).toHaveLength(2);
    subscription.unsubscribe();
  });

  it('does not let stalled pictures hold up the voice beyond the patience', async () => {
    const { signals, send, subscription } = live();
    await send(openTrack('a', 'audio'), openTrack('v', 'video'), image('v', 300), bound('v', 300), ...HELLO);
    expect(tell(signals)).toEqual(['opened alice-264']);
    await vi.advanceTimersByTimeAsync(250);
    expect(tell(signals).at(-1)).toBe('closed alice-264 264–1408 silence');
    subscription.unsubscribe();
  });

  it('keeps pictures from before an utterance out of it, even when they come after it opened', async () => {
    const { signals, send, subscription } = live();
    await send(openTrack('a', 'audio'), openTrack('v', 'video'), ...chunksOf('a', speech(400, 800)));
    await send(image('v', 100), image('v', 300));
    expect(mediaOf(signals, 'alice-264').imagesMs).toEqual([300]);
    subscription.unsubscribe();
  });

  it('waits for pictures again once they have moved on', async () => {
    const { signals, send, subscription } = live();
    await send(openTrack('a', 'audio'), openTrack('v', 'video'), ...HELLO);
    await vi.advanceTimersByTimeAsync(250);
    await send(bound('v', 2400), ...chunksOf('a', speech(0, 1000, 1000), { startMs: 2400 }));
    expect(tell(signals).at(-1)).toBe('opened alice-2280');
    await send(image('v', 3000), bound('v', 3500));
    expect(tell(signals).at(-1)).toBe('closed alice-2280 2280–3424 silence');
    expect(mediaOf(signals, 'alice-2280').imagesMs).toEqual([3000]);
    subscription.unsubscribe();
  });

  it('closes an utterance whose audio stalls, and goes on when the audio does', async () => {
    const { signals, send, subscription } = live({ stallMs: 1000 });
    await send(openTrack('a', 'audio'), ...chunksOf('a', speech(400, 1200)));
    await vi.advanceTimersByTimeAsync(999);
    expect(tell(signals)).toEqual(['opened alice-264']);
    await vi.advanceTimersByTimeAsync(1);
    expect(tell(signals).at(-1)).toBe('closed alice-264 264–1600 silence');
    await send(...chunksOf('a', speech(0, 1000, 1000), { startMs: 1600 }));
    expect(tell(signals).at(-1)).toBe('closed alice-1600 1600–2624 silence');
    subscription.unsubscribe();
  });

  it('lets words speak for a voice that has stalled, and hears no voice there later', async () => {
    const { signals, send, subscription } = live({ stallMs: 1000 });
    await send(openTrack('a', 'audio'), openTrack('t', 'transcript'), ...chunksOf('a', speech(800)));
    await send(words('t', 2000, 3000, { text: 'one' }), words('t', 3200, 4000, { text: 'two' }));
    expect(signals).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    const spoken = [
      'opened alice-2000',
      'closed alice-2000 2000–3000 transcript-final "one"',
      'opened alice-3200',
      'closed alice-3200 3200–4000 transcript-final "two"',
    ];
    expect(tell(signals)).toEqual(spoken);
    await send(...chunksOf('a', speech(1200, 1000, 2200), { startMs: 800 }));
    expect(tell(signals)).toEqual(spoken);
    subscription.unsubscribe();
  });

  it('closes everything on the end of the source, then completes', async () => {
    const { source, signals, ends, send } = live();
    await send(openTrack('a', 'audio'), ...chunksOf('a', speech(400, 800)));
    source.complete();
    expect(ends).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(tell(signals).at(-1)).toBe('closed alice-264 264–1200 track-end');
    expect(ends).toEqual(['complete']);
  });

  it('closes everything when the source fails, then passes the error on', async () => {
    const { source, signals, ends, send } = live();
    await send(openTrack('a', 'audio'), ...chunksOf('a', speech(400, 800)));
    source.error('lost');
    await vi.advanceTimersByTimeAsync(0);
    expect(tell(signals).at(-1)).toBe('closed alice-264 264–1200 track-end');
    expect(ends).toEqual(['lost']);
  });

  it('stops everything when unsubscribed, with a push in flight', async () => {
    const voiceActivity = loudnessVoiceActivity(() => new Promise((resolve) => setTimeout(resolve, 50)));
    const { signals, send, subscription, source } = live({ voiceActivity });
    await send(openTrack('a', 'audio'), openTrack('b', 'audio', BOB), ...HELLO);
    subscription.unsubscribe();
    expect(source.observed).toBe(false);
    await vi.advanceTimersByTimeAsync(50);
    expect(signals).toEqual([]);
    expect(voiceActivity.pushes).toEqual([1]);
  });
});
