import { Observable } from 'rxjs';
import type { EmotionEvent, Participant, UtteranceEmotion } from '../../../client-sdk/protocol/index.ts';
import type { MediaFrame } from '../../../pipeline/index.ts';
import type { Analyze } from '../../../server/sessions/session.ts';

type Body<E> = E extends EmotionEvent ? Omit<E, 'sessionId' | 'epoch' | 'sequence' | 'traceparent'> : never;

export interface ScriptedAnalyzeOptions {
  /** Time from the end of an utterance to its event, in ms. Default 5. */
  readonly scoringMs?: number;
  /** Called with every frame as it arrives. */
  readonly onFrame?: (frame: MediaFrame, sessionId: string) => void;
  /** Fields that each emotion event has in addition or instead. Default: none. */
  readonly told?: Partial<Pick<UtteranceEmotion, 'emotion' | 'dissatisfaction' | 'modalities'>>;
}

/**
 * Replaces the pipeline in tests of the server alone. The first audio of a track opens an utterance. The end of the
 * track or session closes it, and its emotion follows a little later. Every final transcript segment gives a revision
 * of its own. Media of the participant `crash` makes the analysis fail.
 */
export function scriptedAnalyze({ scoringMs = 5, onFrame, told }: ScriptedAnalyzeOptions = {}): Analyze {
  return ({ session, endReason, toldBefore }) =>
    (frames) =>
      new Observable<EmotionEvent>((subscriber) => {
        const participants = new Map<string, Participant>();
        const open = new Map<string, number>();
        const scoring = new Set<NodeJS.Timeout>();
        let sequence = toldBefore?.sequence ?? 0;
        let utteranceCount = toldBefore?.utteranceCount ?? 0;
        let newestMs = 0;
        let completed = false;

        const emit = (body: Body<EmotionEvent>): void => {
          sequence += 1;
          const { sessionId, epoch, traceparent } = session;
          subscriber.next({ ...body, sessionId, epoch, sequence, traceparent } as EmotionEvent);
        };
        const finishIfDone = (): void => {
          if (!completed || scoring.size > 0) return;
          emit({
            type: 'session.ended',
            mediaTimeMs: newestMs,
            reason: endReason(),
            durationMs: newestMs,
            utteranceCount,
          });
          subscriber.complete();
        };
        const score = (trackId: string, startMs: number): void => {
          const timer = setTimeout(() => {
            scoring.delete(timer);
            utteranceCount += 1;
            emit({ ...emotionOf(participants.get(trackId)!, startMs, newestMs, 0, null), ...told });
            finishIfDone();
          }, scoringMs);
          scoring.add(timer);
        };

        if (toldBefore === undefined) {
          const { startedAt, title } = session;
          emit({ type: 'session.started', mediaTimeMs: 0, startedAt, title, modelId: 'scripted@1' });
        }
        const subscription = frames.subscribe({
          next(frame) {
            onFrame?.(frame, session.sessionId);
            if (Number.isFinite(frame.startMs)) newestMs = Math.max(newestMs, frame.startMs);
            const participant = participants.get(frame.trackId);
            if (frame.kind === 'track') {
              participants.set(frame.trackId, frame.participant);
            } else if (participant?.id === 'crash') {
              subscriber.error(new Error('the script crashes here'));
            } else if (frame.kind === 'audio' && participant !== undefined && !open.has(frame.trackId)) {
              const { startMs } = frame;
              open.set(frame.trackId, startMs);
              const utteranceId = `${participant.id}-${startMs}`;
              emit({ type: 'utterance.started', mediaTimeMs: startMs, utteranceId, participant, startMs });
            } else if (frame.kind === 'transcript' && participant !== undefined && frame.final) {
              emit({ ...emotionOf(participant, frame.startMs, frame.endMs, 1, frame.text), ...told });
            } else if (frame.kind === 'bound' && open.has(frame.trackId)) {
              score(frame.trackId, open.get(frame.trackId)!);
              open.delete(frame.trackId);
            }
          },
          error: (error) => subscriber.error(error),
          complete() {
            for (const [trackId, startMs] of open) score(trackId, startMs);
            completed = true;
            finishIfDone();
          },
        });
        return () => {
          subscription.unsubscribe();
          for (const timer of scoring) clearTimeout(timer);
        };
      });
}

function emotionOf(
  participant: Participant,
  startMs: number,
  endMs: number,
  revision: number,
  text: string | null,
): Body<UtteranceEmotion> {
  const report = { state: 'ok', contribution: 1 / 3, quality: 1 } as const;
  return {
    type: 'utterance.emotion',
    mediaTimeMs: endMs,
    utteranceId: `${participant.id}-${startMs}`,
    participant,
    revision,
    startMs,
    endMs,
    endedBy: 'track-end',
    emotion: {
      label: 'joy',
      confidence: 1,
      probabilities: { anger: 0, disgust: 0, fear: 0, joy: 1, neutral: 0, sadness: 0, surprise: 0 },
    },
    sentiment: { score: 3, probabilities: [0, 0, 0, 0, 0, 0, 1] },
    modalities: { text: report, audio: report, video: report },
    transcript: text === null ? null : { text },
    modelId: 'scripted@1',
    latencyMs: 5,
  };
}
