import { Subject, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Participant } from '../../../../client-sdk/protocol/index.ts';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import { followSpeakerLabels } from '../../../../server/ingest/speakers/follow-speaker-labels.ts';

const RATE_HZ = 8000;
const PACKET_MS = 20;
const ROOM: Participant = { id: 'room', role: 'customer', displayName: 'Room' };

/** A call whose sound is a constant per speaker, so that each sample tells whose it is. */
function open({ room = 20 } = {}) {
  const source = new Subject<MediaFrame>();
  const out: MediaFrame[] = [];
  const reasons: string[] = [];
  const scheduler = new VirtualTimeScheduler();
  let heldBytes = 0;
  let added = 1;
  source
    .pipe(
      followSpeakerLabels({
        clock: { now: () => scheduler.now(), scheduler },
        memory: { hold: (_, bytes) => (heldBytes += bytes), onTrim: () => () => {} },
        addSpeaker(of) {
          if (added === room) return null;
          added += 1;
          return { ...of, id: `${of.id}-${added}`, role: 'unknown' };
        },
        dropped: ({ reason }) => reasons.push(reason),
      }),
    )
    .subscribe((frame) => out.push(frame));
  const track = (trackId: string, media: 'audio' | 'transcript' | 'video', participant = ROOM) =>
    source.next({ kind: 'track', trackId, startMs: 0, media, participant });
  /** Sound of a level, in packets; a voice is louder than 0.01. */
  const speak = (level: number, fromMs: number, toMs: number, trackId = 'audio') => {
    for (let startMs = fromMs; startMs < toMs; startMs += PACKET_MS) {
      const samples = new Float32Array((RATE_HZ * PACKET_MS) / 1000).fill(level);
      source.next({ kind: 'audio', trackId, startMs, sampleRateHz: RATE_HZ, samples });
    }
  };
  const say = (
    text: string,
    speaker: string | undefined,
    startMs: number,
    endMs: number,
    segmentId = text,
    final = true,
  ) =>
    source.next({
      kind: 'transcript',
      trackId: 'text',
      segmentId,
      startMs,
      endMs,
      text,
      final,
      ...(speaker !== undefined && { speaker }),
    });
  const heardMs = (trackId: string, level: number) =>
    out.reduce((sum, frame) => {
      if (frame.kind !== 'audio' || frame.trackId !== trackId) return sum;
      return sum + (frame.samples.filter((sample) => Math.abs(sample - level) < 1e-6).length * 1000) / RATE_HZ;
    }, 0);
  /** What is left of the words of a track, after all replacements. */
  const said = (trackId: string) => {
    const texts = new Map<string, string>();
    for (const frame of out) {
      if (frame.kind === 'transcript' && frame.trackId === trackId && frame.final)
        texts.set(frame.segmentId, frame.text);
    }
    return [...texts.values()].filter((text) => text !== '');
  };
  const newestMs = () => Math.max(0, ...out.map((frame) => (frame.kind === 'audio' ? frame.startMs + PACKET_MS : 0)));
  const participants = () => out.flatMap((frame) => (frame.kind === 'track' ? [frame.participant.id] : []));
  return {
    source,
    out,
    reasons,
    scheduler,
    track,
    speak,
    say,
    heardMs,
    said,
    newestMs,
    participants,
    heldBytes: () => heldBytes,
  };
}

/** Silence, then turns of two seconds with a second of silence behind each; the words come half a second after each. */
function converse(call: ReturnType<typeof open>, speakers: readonly string[]) {
  call.track('audio', 'audio');
  call.track('text', 'transcript');
  call.speak(0, 0, 1000);
  for (const [turn, speaker] of speakers.entries()) {
    const startMs = 1000 + turn * 3000;
    call.speak(level(speaker), startMs, startMs + 2000);
    call.speak(0, startMs + 2000, startMs + 2500);
    call.say(`turn ${turn}`, speaker, startMs, startMs + 2000);
    call.speak(0, startMs + 2500, startMs + 3000);
  }
}

const level = (speaker: string) => 0.1 * (1 + speaker.charCodeAt(0) - 'A'.charCodeAt(0));

describe('speaker labels on a single track', () => {
  it('give each speaker a participant with the sound and the words of their own', () => {
    const call = open();
    converse(call, ['A', 'B', 'A', 'C', 'B']);
    call.source.complete();
    expect(call.participants()).toEqual(['room', 'room', 'room-2', 'room-2', 'room-3', 'room-3']);
    expect(['audio', 'audio#2', 'audio#3'].map((id) => call.said(id.replace('audio', 'text')))).toEqual([
      ['turn 0', 'turn 2'],
      ['turn 1', 'turn 4'],
      ['turn 3'],
    ]);
    for (const [track, own, other] of [
      ['audio', 'A', 'B'],
      ['audio#2', 'B', 'A'],
      ['audio#3', 'C', 'B'],
    ] as const) {
      const turns = own === 'C' ? 1 : 2;
      expect(call.heardMs(track, level(own))).toBeCloseTo(turns * 2000, 6);
      expect(call.heardMs(track, level(other))).toBe(0);
    }
    expect(call.heldBytes()).toBe(0);
    expect(call.reasons).toEqual([]);
  });

  it('tell whoever does not speak that they are silent, so that utterances end', () => {
    const call = open();
    converse(call, ['A', 'B', 'B']);
    const bounds = call.out.flatMap((frame) =>
      frame.kind === 'bound' && frame.trackId === 'audio' ? [frame.startMs] : [],
    );
    expect(bounds.at(-1)).toBeGreaterThan(5500);
    expect(bounds.every((ms, index) => index === 0 || ms > bounds[index - 1]!)).toBe(true);
  });

  it('leave sessions without them as they are, frame by frame', () => {
    const call = open();
    const sent: MediaFrame[] = [];
    call.source.subscribe((frame) => sent.push(frame));
    call.track('audio', 'audio');
    call.track('text', 'transcript');
    call.speak(0.2, 0, 3000);
    call.say('hello', undefined, 0, 2000);
    call.source.next({ kind: 'bound', trackId: 'audio', startMs: Number.POSITIVE_INFINITY });
    expect(call.out).toEqual(sent);
  });

  it('hold back no silence behind the last words, and a voice only until its words come', () => {
    const call = open();
    converse(call, ['A', 'B']);
    expect(7000 - call.newestMs()).toBeLessThanOrEqual(400);
    call.speak(level('A'), 7000, 9000);
    expect(call.newestMs()).toBeLessThanOrEqual(7200);
    call.say('and now', 'A', 7000, 8900);
    expect(call.newestMs()).toBeGreaterThanOrEqual(8800);
  });

  it('hold back neither the end of a voice behind its last word nor, for long, a noise', () => {
    const call = open();
    converse(call, ['A', 'B']);
    call.speak(level('B'), 7000, 8300);
    call.say('more', 'B', 7000, 8000);
    call.speak(0, 8300, 9000);
    expect(call.newestMs()).toBeGreaterThanOrEqual(8600);
    call.speak(level('B'), 9000, 9200);
    call.speak(0, 9200, 11_000);
    expect(call.newestMs()).toBeLessThanOrEqual(9100);
    call.speak(0, 11_000, 12_500);
    expect(call.newestMs()).toBeGreaterThanOrEqual(12_100);
  });

  it('wait no longer than 20 seconds for words, and not again until words come', () => {
    const call = open();
    converse(call, ['A', 'B']);
    call.speak(level('B'), 7000, 28_000);
    expect(call.newestMs()).toBeGreaterThanOrEqual(27_900);
    call.speak(level('B'), 28_000, 30_000);
    expect(call.newestMs()).toBe(30_000);
    call.say('at last', 'A', 7000, 29_000);
    // The sound was given to whoever spoke last, so the words go there too.
    expect(call.said('text#2')).toContain('at last');
    call.speak(level('A'), 30_000, 32_000);
    expect(call.newestMs()).toBeLessThanOrEqual(30_100);
    expect(call.heldBytes()).toBeGreaterThan(0);
  });

  it('let sound go that stops, although no words come', () => {
    const call = open();
    converse(call, ['A', 'B']);
    call.speak(level('B'), 7000, 8000);
    expect(call.newestMs()).toBeLessThan(8000);
    call.scheduler.flush();
    expect(call.newestMs()).toBe(8000);
    expect(call.heldBytes()).toBe(0);
  });

  it('neither lose nor double words whose label changes late', () => {
    const call = open();
    converse(call, ['A', 'B', 'A']);
    call.say('turn 1', 'A', 4000, 6000);
    call.say('turn 2, corrected', 'B', 7000, 9000, 'turn 2');
    call.source.complete();
    expect([...call.said('text'), ...call.said('text#2')].sort()).toEqual(['turn 0', 'turn 1', 'turn 2, corrected']);
  });

  it('let a correction that comes before its sound is given move the words', () => {
    const call = open();
    call.track('text', 'transcript');
    call.say('one', 'A', 0, 1000);
    call.say('two', 'B', 1000, 2000);
    call.say('two', 'A', 1000, 2000);
    expect(call.said('text')).toEqual(['one', 'two']);
    expect(call.said('text#2')).toEqual([]);
  });

  it('give words that nobody is named for to whoever is heard', () => {
    const call = open();
    converse(call, ['A', 'B']);
    call.say('yes', undefined, 4200, 4600);
    expect(call.said('text#2')).toEqual(['turn 1', 'yes']);
  });

  it('bring at most eight speakers, and as many as the session takes; the others’ words go to whoever is heard', () => {
    for (const [room, most] of [
      [20, 8],
      [3, 3],
    ] as const) {
      const call = open({ room });
      const speakers = [...'ABCDEFGHIJ'];
      converse(call, speakers);
      call.source.complete();
      expect(new Set(call.participants()).size).toBe(most);
      expect(call.reasons).toEqual(Array.from({ length: 10 - most }, () => 'speaker-not-told-apart'));
      const all = ['', '#2', '#3', '#4', '#5', '#6', '#7', '#8'].flatMap((suffix) => call.said(`text${suffix}`));
      expect(all).toHaveLength(10);
    }
  });

  it('do not delay one person’s own microphone as long as one label comes', () => {
    const call = open();
    call.track('other', 'audio', { ...ROOM, id: 'other' });
    converse(call, ['A', 'A']);
    call.speak(level('A'), 7000, 9000);
    expect(call.newestMs()).toBe(9000);
  });

  it('divide both sound and words where a further recogniser’s track belongs to the same participant', () => {
    const call = open();
    converse(call, ['A', 'B']);
    call.track('more', 'transcript');
    call.source.next({
      kind: 'transcript',
      trackId: 'more',
      segmentId: 'x',
      startMs: 4000,
      endMs: 6000,
      text: 'x',
      final: true,
    });
    expect(call.said('more#2')).toEqual(['x']);
  });

  it('end the tracks of all speakers with the track that they share', () => {
    const call = open();
    converse(call, ['A', 'B']);
    for (const trackId of ['audio', 'text']) {
      call.source.next({ kind: 'bound', trackId, startMs: Number.POSITIVE_INFINITY });
    }
    const ended = call.out.flatMap((frame) => (frame.startMs === Number.POSITIVE_INFINITY ? [frame.trackId] : []));
    expect(ended).toEqual(['audio', 'audio#2', 'text', 'text#2']);
  });
});
