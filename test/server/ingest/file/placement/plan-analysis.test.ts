import { describe, expect, it } from 'vitest';
import type { AnalysisWarning } from '../../../../../server/ingest/file/analysis-warning.ts';
import { planAnalysis } from '../../../../../server/ingest/file/placement/plan-analysis.ts';
import type { RecordingSurvey } from '../../../../../server/ingest/file/placement/survey-recording.ts';
import type { VoiceMasks } from '../../../../../server/ingest/file/placement/voices/tell-voices-apart.ts';
import { parseSpeakers } from '../../../../../server/ingest/file/speakers.ts';
import type { TranscriptCue } from '../../../../../server/ingest/file/transcript-cue.ts';
import { cueAt, type Span, surveyOf, turns } from '../../../../support/placement/survey.ts';

const [SAM, DANA] = turns(2, 20) as [Span[], Span[]];
const LENGTH_S = 150;
const TWO = surveyOf(LENGTH_S, [{ voice: SAM }, { voice: DANA }]);
const MONO = surveyOf(LENGTH_S, [{ voice: [...SAM, ...DANA] }]);

const transcriptOf = (sam: string | null, dana: string | null, shiftS = 0): TranscriptCue[] =>
  [
    ...SAM.map(([from, to]) => cueAt([from + shiftS, to + shiftS], sam)),
    ...DANA.map(([from, to]) => cueAt([from + shiftS, to + shiftS], dana)),
  ].sort((a, b) => a.startMs - b.startMs);

function plan(
  survey: RecordingSurvey,
  transcript: readonly TranscriptCue[],
  speakers: string | null = null,
  offsetMs: number | null = null,
  voicesApart: VoiceMasks | null = null,
) {
  const warnings: AnalysisWarning[] = [];
  const named = speakers === null ? null : parseSpeakers(speakers);
  const durationMs = LENGTH_S * 1000;
  const options = { survey, durationMs, named, transcript, offsetMs, voicesApart };
  const result = planAnalysis(options, (warning) => warnings.push(warning));
  /** When each participant's cues are said, s. */
  const said = Object.fromEntries(
    result.lanes.map(({ participant }, lane) => [
      participant.displayName,
      result.cues.filter((cue) => cue.lane === lane).map(({ startMs }) => startMs / 1000),
    ]),
  );
  return { ...result, said, codes: warnings.map(({ code }) => code), warnings };
}

/** Where Sam and Dana are heard, by voice. */
const APART = [SAM, DANA].map((spans) => {
  const mask = new Uint8Array(LENGTH_S * 10);
  for (const [from, to] of spans) mask.fill(1, Math.round(from * 10), Math.round(to * 10));
  return mask;
}) as unknown as VoiceMasks;

const starts = (spans: readonly Span[]) => spans.map(([from]) => from);

describe('a plan of an analysis', () => {
  it('leaves a transcript that fits as it is, and warns of nothing', () => {
    const { said, codes } = plan(TWO, transcriptOf('Sam', 'Dana'), 'agent:Sam,customer:Dana');
    expect(said).toEqual({ Sam: starts(SAM), Dana: starts(DANA) });
    expect(codes).toEqual([]);
  });

  it('names the channels as the transcript does where the user does not, in whatever order', () => {
    expect(plan(TWO, transcriptOf('Dana', 'Sam')).said).toEqual({ Dana: starts(SAM), Sam: starts(DANA) });
    expect(plan(TWO, transcriptOf('spk_1', 'spk_0')).lanes.map(({ sound }) => sound.channels)).toEqual([[0], [1]]);
  });

  it('keeps words with their voice and says so where labels stand against the channels', () => {
    const { said, codes } = plan(TWO, transcriptOf('Dana', 'Sam'), 'agent:Sam,customer:Dana');
    expect(said).toEqual({ Sam: starts(SAM), Dana: starts(DANA) });
    expect(codes).toEqual(['speakers-swapped']);
  });

  it('gives the voices that were told apart in one channel a participant each, and words to the voice that says them', () => {
    const { said, lanes, codes } = plan(MONO, transcriptOf(null, null), null, null, APART);
    expect(said).toEqual({ 'Speaker 1': starts(SAM), 'Speaker 2': starts(DANA) });
    expect(lanes.map(({ sound }) => sound.heard)).toEqual([...APART]);
    expect(codes).toEqual([]);
    const named = plan(MONO, transcriptOf(null, null), 'agent:Sam,customer:Dana', null, APART);
    expect(named.said).toEqual({ Sam: starts(SAM), Dana: starts(DANA) });
    expect(named.codes).toEqual([]);
  });

  it('finds the channel of a label that is nobody’s name by its voice', () => {
    const { said, codes } = plan(TWO, transcriptOf('Speaker A', 'Dana'), 'agent:Sam,customer:Dana');
    expect(said).toEqual({ Sam: starts(SAM), Dana: starts(DANA) });
    expect(codes).toEqual([]);
  });

  it('takes the channel that the transcript tells', () => {
    const transcript = [
      ...SAM.map((s) => cueAt(s, null, { channel: 0 })),
      ...DANA.map((s) => cueAt(s, null, { channel: 1 })),
    ];
    expect(plan(TWO, transcript).said).toEqual({ 'Speaker 1': starts(SAM), 'Speaker 2': starts(DANA) });
  });

  it('gives words without a label to the channel that is voiced', () => {
    expect(plan(TWO, transcriptOf(null, null)).said).toEqual({ 'Speaker 1': starts(SAM), 'Speaker 2': starts(DANA) });
  });

  it('gives one wrongly labelled cue to who is heard', () => {
    const transcript = transcriptOf('Sam', 'Dana').map((cue, index) =>
      index === 4 ? { ...cue, speaker: 'Dana' } : cue,
    );
    const { said, codes } = plan(TWO, transcript, 'Sam,Dana');
    expect(said).toEqual({ Sam: starts(SAM), Dana: starts(DANA) });
    expect(codes).toEqual(['cues-relabelled']);
  });

  it.each([-2, 4, -29, 29.5, 3600])('finds a clock that is %d s off', (shiftS) => {
    for (const speakers of ['Sam,Dana', null]) {
      const all = transcriptOf('Sam', 'Dana', shiftS);
      const { said, codes } = plan(
        TWO,
        all.filter(({ startMs }) => startMs >= 0),
        speakers,
      );
      expect(codes).toEqual(['transcript-offset']);
      expect(Math.abs(said.Dana!.at(-1)! - DANA.at(-1)![0])).toBeLessThan(0.3);
    }
  });

  it('finds the clock of a mono recording without labels', () => {
    const { codes, cues } = plan(MONO, transcriptOf(null, null, 7));
    expect(codes).toEqual(['transcript-offset']);
    expect(Math.abs(cues[0]!.startMs / 1000 - SAM[0]![0])).toBeLessThan(0.3);
  });

  it('moves a single cue to the only voice, but not to one of several', () => {
    const once = plan(surveyOf(60, [{ voice: [[0.6, 3.2]] }]), [cueAt([2.6, 5.4], null)]);
    expect(once.codes).toEqual(['transcript-offset']);
    expect(once.cues[0]!.startMs).toBeGreaterThan(0);
    expect(once.cues[0]!.startMs).toBeLessThan(1000);
    expect(plan(MONO, [cueAt([2.6, 5.4], null)]).codes).toEqual([]);
  });

  it('moves no cue by an offset of 0, and all by the offset that the user gives', () => {
    const transcript = transcriptOf('Sam', 'Dana', 4);
    expect(plan(TWO, transcript, 'Sam,Dana', 0).codes).not.toContain('transcript-offset');
    expect(plan(TWO, transcript, 'Sam,Dana', -4000).said).toEqual({ Sam: starts(SAM), Dana: starts(DANA) });
  });

  it('does not move the transcript of another call', () => {
    const [a, b] = turns(2, 20, 77) as [Span[], Span[]];
    const other = [...a.map((s) => cueAt(s, 'Sam')), ...b.map((s) => cueAt(s, 'Dana'))];
    expect(plan(TWO, other, 'Sam,Dana').codes).not.toContain('transcript-offset');
  });

  it('leaves out cues beyond the sound, and tells when they are', () => {
    const { cues, warnings } = plan(TWO, [...transcriptOf('Sam', 'Dana'), cueAt([3600, 3603], 'Dana')], 'Sam,Dana');
    expect(cues).toHaveLength(20);
    expect(warnings).toMatchObject([
      { code: 'cues-beyond-sound', startMs: 3_600_000, cues: [{ startMs: 3_600_000, endMs: 3_603_000 }] },
    ]);
    expect(warnings[0]!.message).toContain('1:00:00');
    expect(warnings[0]!.message).not.toContain('said');
  });

  it('gives each label of a mono recording a lane, heard where it speaks', () => {
    const { lanes, said, codes } = plan(MONO, transcriptOf('Sam', 'Dana'), 'customer:Dana,agent:Sam');
    expect(said).toEqual({ Sam: starts(SAM), Dana: starts(DANA) });
    expect(lanes.map(({ participant }) => participant.role)).toEqual(['agent', 'customer']);
    const [sam, dana] = lanes.map(({ sound }) => sound.heard!);
    for (const [from, to] of SAM) {
      const middle = Math.round((from + to) * 5);
      expect([sam![middle], dana![middle]]).toEqual([1, 0]);
    }
    expect(codes).toEqual([]);
  });

  it('matches names with labels in the order in which they speak where they differ, and says so', () => {
    const { said, codes } = plan(MONO, transcriptOf('A', 'B'), 'agent:Sam,customer:Dana');
    expect(said).toEqual({ Sam: starts(SAM), Dana: starts(DANA) });
    expect(codes).toEqual(['speaker-unknown']);
  });

  it('gives voice that is far from every label to nobody who is named', () => {
    const unheard: Span = [140, 147];
    const survey = surveyOf(LENGTH_S, [{ voice: [...SAM, ...DANA, unheard] }]);
    const { lanes } = plan(survey, transcriptOf('Sam', 'Dana'));
    expect(lanes.map(({ participant }) => participant.displayName)).toEqual(['Sam', 'Dana', 'Speaker 3']);
    expect(lanes.map(({ sound }) => sound.heard![1430])).toEqual([0, 0, 1]);
  });

  it('gives several people on one of two channels a lane each', () => {
    const [eve, dana] = [DANA.slice(0, 5), DANA.slice(5)];
    const transcript = [
      ...SAM.map((s) => cueAt(s, 'Sam')),
      ...eve.map((s) => cueAt(s, 'Eve')),
      ...dana.map((s) => cueAt(s, 'Dana')),
    ];
    const { lanes, said } = plan(TWO, transcript);
    expect(said).toEqual({ Sam: starts(SAM), Eve: starts(eve), Dana: starts(dana) });
    expect(lanes.map(({ sound }) => sound.channels)).toEqual([[0], [1], [1]]);
  });

  it('gives lanes to a bounded number of labels, and words to all cues', () => {
    const transcript = [...SAM, ...DANA, ...SAM, ...DANA].map((span, index) => cueAt(span, `sentence ${index}`));
    const { lanes, cues } = plan(MONO, transcript);
    expect(lanes.length).toBeLessThanOrEqual(33);
    expect(cues).toHaveLength(40);
  });

  it('analyzes channels that hold the same sound once', () => {
    const copies = { levelsDb: [...MONO.levelsDb, ...MONO.levelsDb], sameAs: [0, 0] };
    expect(plan(copies, []).lanes).toHaveLength(1);
    const labelled = plan(copies, transcriptOf('Sam', 'Dana'), 'agent:Sam,customer:Dana');
    expect(labelled.said).toEqual({ Sam: starts(SAM), Dana: starts(DANA) });
    expect(labelled.codes).toEqual(['channels-alike']);
    const byChannel = [
      ...SAM.map((s) => cueAt(s, null, { channel: 0 })),
      ...DANA.map((s) => cueAt(s, null, { channel: 1 })),
    ];
    expect(plan(copies, byChannel, 'agent:Sam,customer:Dana').said).toEqual({ Sam: starts(SAM), Dana: starts(DANA) });
  });

  it('gives a silent channel no lane, and its words to who is heard', () => {
    const three = surveyOf(LENGTH_S, [{ voice: SAM }, { voice: [], floorDb: -90 }, { voice: DANA }]);
    const { said } = plan(three, transcriptOf('Sam', 'Eve'), 'Sam,Eve,Dana');
    expect(said).toEqual({ Sam: starts(SAM), Dana: starts(DANA) });
  });

  it('keeps every lane of a recording in which nobody is heard', () => {
    expect(plan(surveyOf(10, [{ voice: [] }, { voice: [] }]), []).lanes).toHaveLength(2);
  });

  it('raises a quiet voice to a usual level, but neither a usual voice nor noise', () => {
    const gainOf = (voiceDb: number, voice = SAM) =>
      plan(surveyOf(LENGTH_S, [{ voice, voiceDb, floorDb: -80 }, { voice: DANA }]), []).lanes[0]!.sound.gain;
    expect(gainOf(-20)).toBe(1);
    expect(gainOf(-40)).toBe(1);
    expect(gainOf(-56)).toBeCloseTo(10 ** (30 / 20), 1);
    const noise = surveyOf(LENGTH_S, [{ voice: SAM, voiceDb: -60, floorDb: -62 }, { voice: DANA }]);
    expect(plan(noise, []).lanes.every(({ sound }) => sound.gain === 1)).toBe(true);
  });

  it('lets a cue end with its voice, but not beyond the next cue', () => {
    const survey = surveyOf(20, [{ voice: [[1, 4.6]] }]);
    const ends = (...spans: Span[]) =>
      plan(
        survey,
        spans.map((span) => cueAt(span, 'Sam')),
      ).cues.map(({ endMs }) => endMs);
    expect(ends([1, 4])).toEqual([4600]);
    expect(ends([1, 4], [4.3, 4.6])).toEqual([4300, 4600]);
    expect(ends([1, 2])).toEqual([2000]);
  });

  it('mixes all channels for one name, and gives it all words', () => {
    const { lanes, said } = plan(TWO, transcriptOf('Sam', 'Dana'), 'Everyone');
    expect(lanes.map(({ sound }) => sound.channels)).toEqual([[0, 1]]);
    expect(said.Everyone).toHaveLength(20);
  });

  it('gives each channel its part of one cue for the whole recording', () => {
    const text = Array.from({ length: 400 }, (_, i) => `w${i}`).join(' ');
    const { lanes, cues } = plan(TWO, [{ startMs: 0, endMs: LENGTH_S * 1000, text, speaker: null }]);
    const heard = (lane: number, spans: readonly Span[]) =>
      cues.filter(
        (cue) => cue.lane === lane && spans.some(([from, to]) => cue.endMs > from * 1000 && cue.startMs < to * 1000),
      );
    expect(lanes).toHaveLength(2);
    expect(heard(0, SAM)).toHaveLength(cues.filter(({ lane }) => lane === 0).length);
    expect(heard(1, DANA)).toHaveLength(cues.filter(({ lane }) => lane === 1).length);
    expect(cues.map((cue) => cue.text).join(' ')).toBe(text);
  });

  it('gives each channel its words of a cue without a label, by their times', () => {
    const words = [...SAM.slice(0, 3), ...DANA.slice(0, 3)]
      .sort((a, b) => a[0] - b[0])
      .flatMap(([from, to]) =>
        [0.2, 0.5, 0.8].map((share) => {
          const startMs = 1000 * (from + share * (to - from));
          return { text: `w${startMs}`, startMs, endMs: startMs + 50 };
        }),
      );
    const text = words.map((word) => word.text).join(' ');
    const cue = { startMs: words[0]!.startMs, endMs: words.at(-1)!.endMs, text, speaker: null, words };
    const { lanes, cues } = plan(TWO, [cue]);
    for (const [lane, spans] of [SAM, DANA].entries()) {
      const own = cues.filter((each) => each.lane === lane).flatMap((each) => each.words!);
      expect(own).toEqual(
        words.filter(({ startMs }) => spans.some(([from, to]) => startMs >= from * 1000 && startMs < to * 1000)),
      );
    }
    expect(lanes).toHaveLength(2);
  });

  it('refuses names that are neither one per channel nor one per label', () => {
    expect(() => plan(TWO, [], 'a,b,c')).toThrowError(/has 2 channels, but --speakers names 3/);
    expect(() => plan(MONO, transcriptOf(null, null), 'a,b')).toThrowError(/has 1 channel, but --speakers names 2/);
  });
});
