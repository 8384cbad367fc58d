import { Subject, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type Clock, type MediaFrame, systemClock } from '../../../../pipeline/index.ts';
import { tellLiveVoicesApart } from '../../../../server/ingest/voices/tell-live-voices-apart.ts';
import { signEncoder } from '../../../support/voices/excerpts.ts';

const RATE_HZ = 16_000;
const CHUNK = 320;
const CALL = { id: 'call', role: 'unknown', displayName: 'Call' } as const;

/** Sound of a voice (0, 1 or `.` for nobody) per 100 ms; a voice has a sign. */
function soundOf(pattern: string): Float32Array {
  return Float32Array.from({ length: pattern.length * 1600 }, (_, i) => {
    const voice = pattern[Math.floor(i / 1600)]!;
    return voice === '.' ? 0 : (voice === '0' ? 0.3 : -0.3) * (1 + Math.sin(i / 3));
  });
}

const turn = (voice: string, steps: number) => voice.repeat(steps);
/** Who speaks in a call of two, by turns of two seconds. */
const TWO = `.....${`${turn('0', 20)}.....${turn('1', 20)}.....`.repeat(4)}`;

const SECOND = { id: 'call-2', role: 'unknown', displayName: 'Call (2)' } as const;

function open(
  encoder: Pick<ReturnType<typeof signEncoder>, 'describe'> = signEncoder(),
  clock: Clock = systemClock,
  isFull = false,
) {
  const source = new Subject<MediaFrame>();
  const out: MediaFrame[] = [];
  const reasons: string[] = [];
  const done = Promise.withResolvers<void>();
  let heldBytes = 0;
  source
    .pipe(
      tellLiveVoicesApart({
        encoder,
        clock,
        jitterMs: 200,
        memory: { hold: (_, bytes) => (heldBytes += bytes), onTrim: () => () => {} },
        addSpeaker: () => (isFull ? null : SECOND),
        dropped: ({ reason }) => reasons.push(reason),
      }),
    )
    .subscribe({ next: (frame) => out.push(frame), complete: done.resolve, error: done.reject });
  const track = (trackId: string, media: 'audio' | 'transcript', participant = { ...CALL, id: 'call' }) =>
    source.next({ kind: 'track', trackId, startMs: 0, media, participant });
  /** Speaks in packets of 20 ms. */
  const speak = async (pattern: string, fromMs = 0, trackId = 'call/audio') => {
    const samples = soundOf(pattern);
    for (let at = 0; at < samples.length; at += CHUNK) {
      const startMs = fromMs + (at * 1000) / RATE_HZ;
      source.next({ kind: 'audio', trackId, startMs, sampleRateHz: RATE_HZ, samples: samples.slice(at, at + CHUNK) });
      // The encoder answers meanwhile.
      if (at % 1600 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const end = async () => {
    source.complete();
    await done.promise;
  };
  /** The sound of a track, by time. */
  const heard = (trackId: string, length: number) => {
    const sound = new Float32Array(length * 1600);
    for (const frame of out) {
      if (frame.kind === 'audio' && frame.trackId === trackId) sound.set(frame.samples, Math.round(frame.startMs * 16));
    }
    return sound;
  };
  const said = (trackId: string) =>
    out.flatMap((frame) => (frame.kind === 'transcript' && frame.trackId === trackId ? [frame.text] : []));
  return { source, out, reasons, track, speak, end, heard, said, heldBytes: () => heldBytes };
}

describe('tellLiveVoicesApart', () => {
  it('divides a track between two participants, sample by sample, once both have been heard', async () => {
    const call = open();
    call.track('call/audio', 'audio');
    await call.speak(TWO);
    await call.end();
    const [first, second] = [call.heard('call/audio', TWO.length), call.heard('call/audio~2', TWO.length)];
    const whole = soundOf(TWO);
    expect(
      whole.reduce((most, sample, i) => Math.max(most, Math.abs(sample - first[i]! - second[i]!)), 0),
    ).toBeLessThan(1e-6);
    // The second half of the call, when both are known.
    const wrong = [...TWO].filter((voice, step) => {
      if (voice === '.' || step < TWO.length / 2) return false;
      const of = (sound: Float32Array) =>
        sound.subarray(step * 1600, step * 1600 + 1600).reduce((a, b) => a + Math.abs(b), 0);
      return voice === '0' ? of(second) > of(first) : of(first) > of(second);
    });
    expect(wrong.length).toBeLessThanOrEqual(4);
    const tracks = call.out.flatMap((frame) => (frame.kind === 'track' ? [frame.participant] : []));
    expect(tracks).toEqual([{ ...CALL, id: 'call' }, SECOND]);
    expect(call.heldBytes()).toBe(0);
    expect(call.reasons).toEqual([]);
  });

  it('passes one voice on as it is', async () => {
    const call = open();
    call.track('call/audio', 'audio');
    const pattern = `.....${`${turn('0', 20)}.....`.repeat(6)}`;
    await call.speak(pattern);
    await call.end();
    expect(call.out.filter(({ kind }) => kind === 'track')).toHaveLength(1);
    expect(call.heard('call/audio', pattern.length)).toEqual(soundOf(pattern));
  });

  it('holds back two seconds of sound, and no more than four while the encoder does not answer', async () => {
    const newest = (out: readonly MediaFrame[]) =>
      Math.max(0, ...out.map((frame) => (frame.kind === 'audio' ? frame.startMs + frame.samples.length / 16 : 0)));
    const call = open();
    call.track('call/audio', 'audio');
    await call.speak(TWO);
    expect(TWO.length * 100 - newest(call.out)).toBeLessThanOrEqual(2400);
    const stuck = open({ describe: () => new Promise<never>(() => {}) });
    stuck.track('call/audio', 'audio');
    await stuck.speak(TWO);
    expect(TWO.length * 100 - newest(stuck.out)).toBeLessThanOrEqual(4400);
    expect(stuck.heldBytes()).toBeLessThan(4.5 * RATE_HZ * 4);
  });

  it('ends although the encoder never answers', async () => {
    const scheduler = new VirtualTimeScheduler();
    const clock = { now: () => scheduler.now(), scheduler };
    const call = open({ describe: () => new Promise<never>(() => {}) }, clock);
    call.track('call/audio', 'audio');
    await call.speak(TWO);
    const ending = call.end();
    scheduler.flush();
    await ending;
    expect(call.heard('call/audio', TWO.length)).toEqual(soundOf(TWO));
    expect(call.heldBytes()).toBe(0);
  });

  it('goes on with one participant where the encoder fails, and counts it', async () => {
    const call = open({ describe: () => Promise.reject(new Error('the model has failed')) });
    call.track('call/audio', 'audio');
    await call.speak(TWO);
    await call.end();
    expect(call.heard('call/audio', TWO.length)).toEqual(soundOf(TWO));
    expect(new Set(call.reasons)).toEqual(new Set(['voice-not-told-apart']));
  });

  it('gives words to the voice that says them, once it is decided', async () => {
    const call = open();
    call.track('call/audio', 'audio');
    call.track('call/text', 'transcript');
    await call.speak(TWO);
    // The last turns: the first voice speaks from 15.5 s to 17.5 s, the second from 18 s to 20 s.
    const words = ['good', 'day', 'hello', 'there'].map((text, i) => {
      const startMs = [15_800, 16_600, 18_300, 19_000][i]!;
      return { text, startMs, endMs: startMs + 400 };
    });
    const segment = { kind: 'transcript', trackId: 'call/text', final: true } as const;
    call.source.next({
      ...segment,
      segmentId: 'a',
      startMs: 15_800,
      endMs: 19_400,
      text: 'good day hello there',
      words,
    });
    call.source.next({ ...segment, segmentId: 'b', startMs: 18_400, endMs: 19_800, text: 'hello again' });
    await call.end();
    expect(call.said('call/text')).toEqual(['good day']);
    expect(call.said('call/text~2')).toEqual(['hello there', 'hello again']);
  });

  it('replaces all parts of words that come again, and takes back those that are left', async () => {
    const call = open();
    call.track('call/audio', 'audio');
    call.track('call/text', 'transcript');
    await call.speak(TWO);
    const segment = { kind: 'transcript', trackId: 'call/text', segmentId: 'a', final: true } as const;
    const say = (words: readonly (readonly [string, number])[]) =>
      call.source.next({
        ...segment,
        startMs: words[0]![1],
        endMs: words.at(-1)![1] + 400,
        text: words.map(([text]) => text).join(' '),
        words: words.map(([text, startMs]) => ({ text, startMs, endMs: startMs + 400 })),
      });
    say([
      ['good', 15_800],
      ['day', 16_600],
      ['yellow', 18_300],
      ['their', 19_000],
    ]);
    await call.speak('...................................', TWO.length * 100);
    say([
      ['good', 15_800],
      ['day', 16_600],
      ['hello', 18_300],
      ['there', 19_000],
    ]);
    say([
      ['good', 15_800],
      ['day', 16_600],
    ]);
    await call.end();
    const told = call.out.flatMap((frame) => (frame.kind === 'transcript' ? [frame] : []));
    const now = new Map(told.map(({ trackId, segmentId, text }) => [`${trackId} ${segmentId}`, text]));
    expect(call.said('call/text~2')).toEqual(['yellow their', 'hello there', '']);
    expect([...now.values()].filter((text) => text !== '')).toEqual(['good day']);
    // No source can give such an id.
    expect(told.filter(({ segmentId }) => segmentId !== 'a' && segmentId.length <= 64)).toEqual([]);
  });

  it('goes on with one participant where the session takes no more', async () => {
    const call = open(signEncoder(), systemClock, true);
    call.track('call/audio', 'audio');
    await call.speak(TWO);
    await call.end();
    expect(call.out.filter(({ kind }) => kind === 'track')).toHaveLength(1);
    const [heard, whole] = [call.heard('call/audio', TWO.length), soundOf(TWO)];
    expect(whole.reduce((most, sample, i) => Math.max(most, Math.abs(sample - heard[i]!)), 0)).toBeLessThan(1e-6);
  });

  it('leaves sessions in which several participants have audio as they are', async () => {
    const call = open();
    call.track('call/audio', 'audio');
    call.track('agent/audio', 'audio', { ...CALL, id: 'agent' } as unknown as typeof CALL & { id: 'call' });
    await call.speak(TWO);
    await call.end();
    expect(call.out.filter(({ kind }) => kind === 'track')).toHaveLength(2);
    expect(call.heard('call/audio', TWO.length)).toEqual(soundOf(TWO));
  });

  it('passes sound after a gap, and what came before it', async () => {
    const call = open();
    call.track('call/audio', 'audio');
    const pattern = `${turn('0', 20)}....`;
    await call.speak(pattern);
    await call.speak(pattern, 60_000);
    await call.end();
    const sound = call.heard('call/audio', 700);
    expect(sound.subarray(0, 24 * 1600)).toEqual(soundOf(pattern));
    expect(sound.subarray(600 * 1600, 624 * 1600)).toEqual(soundOf(pattern));
  });
});
