import type { SpeakerEncoder } from '../../../models/index.ts';
import { surveyRecording } from '../../../server/ingest/file/placement/survey-recording.ts';
import { measureLevel } from '../../../server/ingest/file/placement/voice-activity.ts';
import { tellVoicesApart } from '../../../server/ingest/file/placement/voices/tell-voices-apart.ts';
import { seededRandom } from '../../support/e2e/seeded-random.ts';
import { CallMaker, type Corpus, readSpeakers } from './corpora.ts';
import { recordingOf, shareRight } from './cut-together.ts';
import { liveMasks } from './live-masks.ts';

export interface MeasureVoicesOptions {
  readonly data: string;
  readonly corpus: Corpus;
  /** Whether to take the speakers that constants were chosen with. */
  readonly isFitted: boolean;
  /** Calls of two voices, and as many of one. */
  readonly callCount: number;
  readonly clipCount: number;
  readonly encoder: SpeakerEncoder;
  /** As a live call instead of a recording. Default false. */
  readonly isLive?: boolean;
  readonly onCall?: () => void;
}

export interface VoicesMeasured {
  /** Per call of two voices, the share of voiced time that has the right speaker. */
  readonly shares: readonly number[];
  /** Calls of two voices in which only one was heard. */
  readonly missed: number;
  /** Calls of one voice in which two were heard. */
  readonly invented: number;
}

/** How well voices are told apart in recordings that are cut together of a corpus's clips. */
export async function measureVoices(options: MeasureVoicesOptions): Promise<VoicesMeasured> {
  const { data, corpus, isFitted, callCount, clipCount, encoder, isLive = false, onCall = () => {} } = options;
  const speakers = await readSpeakers(data, corpus, isFitted);
  const maker = new CallMaker(speakers, seededRandom(isFitted ? 1 : 2));
  const shares: number[] = [];
  let missed = 0;
  let invented = 0;
  for (let call = 0; call < callCount; call++) {
    for (const speakerCount of [2, 1] as const) {
      const { samples, truth } = await maker.call(speakerCount, clipCount);
      const recording = recordingOf(samples);
      const { levelsDb } = await surveyRecording(recording);
      const { voiced } = measureLevel(levelsDb[0]!);
      const masks = isLive
        ? await liveMasks(samples, encoder)
        : await tellVoicesApart({ recording, channel: 0, voiced, encoder });
      if (speakerCount === 1) invented += masks === null ? 0 : 1;
      else {
        if (masks === null) missed += 1;
        shares.push(shareRight(truth, voiced, (step) => (masks?.[1][step] === 1 ? 2 : 1)));
      }
      onCall();
    }
  }
  return { shares, missed, invented };
}
