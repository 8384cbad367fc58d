import { describe, expect, it } from 'vitest';
import { emotionEntity } from '../../../../server/ingest/audiohook/emotion-entity.ts';
import { sampleEmotion } from '../../../support/client-sdk/sample-events.ts';

describe('a result for Genesys', () => {
  it('tells certainty, dissatisfaction and the baseline of the voice where the event does', () => {
    const { emotion, modalities } = sampleEmotion();
    const audio = { ...modalities.audio, baseline: { utterances: 4 } };
    const dissatisfaction = { probability: 0.61, likely: true };
    const event = sampleEmotion({
      emotion: { ...emotion, certain: false },
      dissatisfaction,
      modalities: { ...modalities, audio },
    });
    expect(emotionEntity(event, 'external', 0).data).toMatchObject({
      emotion: { label: 'joy', certain: false },
      dissatisfaction,
      modalities: { audio: { baseline: { utterances: 4 } } },
    });
  });

  it('has no such fields where the event has none, and no words', () => {
    const { data } = emotionEntity(sampleEmotion(), 'external', 0);
    expect(data).not.toHaveProperty('dissatisfaction');
    expect(data.emotion).not.toHaveProperty('certain');
    expect(JSON.stringify(data)).not.toContain('wonderful');
  });
});
