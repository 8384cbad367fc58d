import type { UtteranceEmotion } from '../../../client-sdk/protocol/index.ts';
import { toDuration } from './duration.ts';

/** Type of the entity that carries a result. AudioHook does not fix entity types. */
export const EMOTION_ENTITY_TYPE = 'undertone.utterance-emotion';

/**
 * An utterance's result as the entity of an AudioHook `event` message. Times are positions in the AudioHook session,
 * written as AudioHook durations. The words are left out because Genesys has its own.
 *
 * @param channel - the speaker's channel.
 * @param zeroMs - media time of position 0 of the AudioHook session.
 */
export function emotionEntity(event: UtteranceEmotion, channel: string, zeroMs: number) {
  const { utteranceId, revision, participant, startMs, endMs, emotion, sentiment, dissatisfaction } = event;
  const { modalities, modelId } = event;
  return {
    type: EMOTION_ENTITY_TYPE,
    data: {
      id: utteranceId,
      revision,
      channel,
      role: participant.role,
      offset: toDuration(startMs - zeroMs),
      duration: toDuration(endMs - startMs),
      emotion,
      sentiment: sentiment.score,
      ...(dissatisfaction !== undefined && { dissatisfaction }),
      modalities,
      modelId,
    },
  };
}
