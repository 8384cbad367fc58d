import { openSpeakerModel } from '../../../../../models/index.ts';
import type { Warn } from '../../analysis-warning.ts';
import type { Recording } from '../../recording.ts';
import type { TranscriptCue } from '../../transcript-cue.ts';
import type { RecordingSurvey } from '../survey-recording.ts';
import { measureLevel } from '../voice-activity.ts';
import { tellVoicesApart, type VoiceMasks } from './tell-voices-apart.ts';

export interface VoicesOfRecordingOptions {
  /** Opens the recording once more. */
  readonly open: () => Promise<Recording>;
  readonly survey: RecordingSurvey;
  readonly transcript: readonly TranscriptCue[];
  readonly signal: AbortSignal;
  /** Takes lines about the speaker encoder. */
  readonly log: (message: string) => void;
}

/**
 * Where each of two voices of a recording is heard. Null, with a warning: they cannot be told apart, or there is one voice.
 *
 * @throws ModelError `invalid-bundle` or `failed`.
 */
export async function voicesOfRecording(options: VoicesOfRecordingOptions, warn: Warn): Promise<VoiceMasks | null> {
  const { open, survey, transcript, signal, log } = options;
  const channels = survey.sameAs.flatMap((same, channel) => (same === channel ? [channel] : []));
  const giveUp = (why: string): null => {
    warn({ code: 'voices-not-told-apart', message: `the voices are not told apart: ${why}` });
    return null;
  };
  const [channel] = channels;
  if (channel === undefined) return giveUp('the recording has no sound');
  if (channels.length > 1) return giveUp('the recording has several channels, and each is a speaker');
  if (countLabels(transcript) > 1) return giveUp('the transcript says who speaks');
  const { voiced, isSilent } = measureLevel(survey.levelsDb[channel]!);
  if (isSilent) return giveUp('nobody is heard');
  const model = await openSpeakerModel({ log });
  try {
    const recording = await open();
    try {
      const encoder = model.forSession('');
      const masks = await tellVoicesApart({ recording, channel, voiced, encoder, signal });
      if (masks === null) return giveUp('only one voice is heard');
      warn({
        code: 'voices-told-apart',
        message:
          'two speakers were told apart by voice alone, which is not always right; if more than two speak, each of the two stands for several',
      });
      return masks;
    } finally {
      recording.close();
    }
  } finally {
    await model.close();
  }
}

function countLabels(transcript: readonly TranscriptCue[]): number {
  const names = transcript.map(({ speaker, channel }) => speaker?.trim().toLowerCase() ?? channel);
  return new Set(names.filter((name) => name !== undefined)).size;
}
