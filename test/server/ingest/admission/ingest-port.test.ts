import { describe, expect, it } from 'vitest';
import type { Participant } from '../../../../client-sdk/protocol/index.ts';
import type { MediaFrame, PipelineDrop } from '../../../../pipeline/index.ts';
import { grantOfEverything } from '../../../../server/access/grant.ts';
import { IngestPort } from '../../../../server/ingest/admission/ingest-port.ts';
import { LoadWatch } from '../../../../server/ingest/admission/load-watch.ts';
import { IngestTrack } from '../../../../server/ingest/tracks/ingest-track.ts';
import type { Session } from '../../../../server/sessions/session.ts';
import { SessionRegistry } from '../../../../server/sessions/session-registry.ts';
import { ThreadTurns } from '../../../../server/sessions/thread-turns.ts';
import { quotasOf } from '../../../support/server/grants.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';
import { scriptedAnalyze } from '../../../support/server/scripted-analyze.ts';

const ANN: Participant = { id: 'ann', role: 'customer', displayName: 'Ann' };
const SECOND_OF_SILENCE = { sampleRateHz: 8000, samples: new Float32Array(8000) };

const EVERYTHING = grantOfEverything('test');
const { quotas } = quotasOf();

function setUp() {
  const clock = new ManualClock();
  const frames: MediaFrame[] = [];
  const refused: PipelineDrop[] = [];
  const sessions = new SessionRegistry({
    maxLive: 2,
    maxEnded: 2,
    place: () => ({ analyze: scriptedAnalyze({ onFrame: (frame) => frames.push(frame) }) }),
    session: {
      clock,
      maxEvents: 100,
      maxTracks: 4,
      reconnectGraceMs: 1000,
      onRefused: (drop) => refused.push(drop),
    },
  });
  return {
    clock,
    frames,
    refused,
    sessions,
    ingest: new IngestPort({ sessions, quotas, jitterMs: 200, maxLeadMs: 5000 }),
  };
}

function added(track: IngestTrack | string): IngestTrack {
  if (!(track instanceof IngestTrack)) throw new Error(`refused: ${track}`);
  return track;
}

describe('the ingest port', () => {
  it('opens a session, and lets another source join it on its own time', () => {
    const { ingest, clock, sessions } = setUp();
    const first = ingest.join({ sessionId: 'call' }, EVERYTHING);
    clock.advance(3000);
    const second = ingest.join({ sessionId: 'call' }, EVERYTHING);
    expect(second.session).toBe(first.session);
    expect([first.originMs, second.originMs]).toEqual([0, 3000]);
    expect(sessions.liveCount).toBe(1);
  });

  it('lets nobody into a session that has ended, nor into a server that is full', async () => {
    const { ingest } = setUp();
    const part = ingest.join({ sessionId: 'call' }, EVERYTHING);
    part.end();
    await part.session.finished;
    expect(() => ingest.join({ sessionId: 'call' }, EVERYTHING)).toThrow(
      expect.objectContaining({ code: 'session-exists' }),
    );
    ingest.join({}, EVERYTHING);
    ingest.join({}, EVERYTHING);
    expect(() => ingest.join({}, EVERYTHING)).toThrow(expect.objectContaining({ code: 'session-limit' }));
  });

  it('hands on what a track takes, and its end, under an id that is never used again', () => {
    const { ingest, frames } = setUp();
    const part = ingest.join({}, EVERYTHING);
    for (const startMs of [0, 500]) {
      const track = added(part.addTrack({ media: 'audio', participant: ANN }));
      expect(track.takeAudio({ startMs, ...SECOND_OF_SILENCE })).toBeNull();
      track.end();
      expect(track.takeAudio({ startMs, ...SECOND_OF_SILENCE })).toBe('unknown-track');
    }
    expect(frames.map(({ kind, trackId, startMs }) => [kind, trackId, startMs])).toEqual([
      ['track', '1-1', 0],
      ['audio', '1-1', 0],
      ['bound', '1-1', Number.POSITIVE_INFINITY],
      ['track', '1-2', 0],
      ['audio', '1-2', 500],
      ['bound', '1-2', Number.POSITIVE_INFINITY],
    ]);
  });

  it('keeps media time from running ahead of the clock', () => {
    const { ingest, clock } = setUp();
    const track = added(ingest.join({}, EVERYTHING).addTrack({ media: 'audio', participant: ANN }));
    expect(track.takeAudio({ startMs: 5001, ...SECOND_OF_SILENCE })).toBe('bad-time');
    clock.advance(1);
    expect(track.takeAudio({ startMs: 5001, ...SECOND_OF_SILENCE })).toBeNull();
    expect(track.settle(Number.NaN)).toBe('bad-time');
  });

  it('drops sound, pictures and words of who uses the thread most while the server is behind, and keeps the others', () => {
    const { clock, sessions } = setUp();
    const load = new LoadWatch({ clock, maxLagMs: 200 });
    load.start();
    const turns = new ThreadTurns({ clock });
    const isBehind = ({ id }: Session) => load.isBehind && turns.isHeavy(id);
    const ingest = new IngestPort({ sessions, quotas, jitterMs: 200, maxLeadMs: 5000, isBehind });
    const part = ingest.join({}, EVERYTHING);
    const quiet = added(ingest.join({ sessionId: 'quiet' }, EVERYTHING).addTrack({ media: 'audio', participant: ANN }));
    const [voice, words] = (['audio', 'transcript'] as const).map((media) =>
      added(part.addTrack({ media, participant: ANN })),
    );
    const say = () => voice!.takeAudio({ startMs: 0, ...SECOND_OF_SILENCE });
    expect(say()).toBeNull();
    // The thread is busy: time goes on, timers do not.
    turns.charge(part.session.id, 900);
    turns.charge('quiet', 10);
    clock.scheduler.frame += 1051;
    const tell = () => words!.takeWords({ segmentId: 'a', startMs: 0, endMs: 9, text: 'hi', final: true });
    expect([say(), tell()]).toEqual(['overloaded', 'overloaded']);
    expect(voice!.refuse('video', 0)).toBe('wrong-media');
    expect(quiet.takeAudio({ startMs: 0, ...SECOND_OF_SILENCE })).toBeNull();
    clock.advance(0);
    expect([say(), tell()]).toEqual([null, null]);
    load.stop();
  });

  it('gives a participant one track of each kind, whichever source brings it', () => {
    const { ingest, refused } = setUp();
    const [one, other] = [
      ingest.join({ sessionId: 'call' }, EVERYTHING),
      ingest.join({ sessionId: 'call' }, EVERYTHING),
    ];
    const track = added(one.addTrack({ media: 'audio', participant: ANN }));
    expect(other.addTrack({ media: 'audio', participant: ANN })).toBe('duplicate-track');
    expect(refused).toEqual([{ stage: 'ingest', count: 1, reason: 'duplicate-track', participantId: 'ann' }]);
    added(other.addTrack({ media: 'video', participant: ANN }));
    track.end();
    added(other.addTrack({ media: 'audio', participant: ANN }));
  });

  it('ends the tracks of a source that leaves, and the session after its grace', async () => {
    const { ingest, frames, clock } = setUp();
    const part = ingest.join({}, EVERYTHING);
    const track = added(part.addTrack({ media: 'audio', participant: ANN }));
    part.leave();
    part.leave();
    expect(track.ended).toBe(true);
    expect(frames.filter(({ kind }) => kind === 'bound')).toHaveLength(1);
    expect(part.addTrack({ media: 'video', participant: ANN })).toBe('unknown-track');
    expect(part.session.ending).toBe(false);
    clock.advance(1000);
    expect(part.session.ending).toBe(true);
    expect(await part.session.finished).toBe('disconnected');
  });
});
