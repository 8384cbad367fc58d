import { Observable, type OperatorFunction } from 'rxjs';
import type { Clock, MediaFrame, MemoryAccount, PipelineDrop } from '../../../pipeline/index.ts';
import { LabelledTrack, type LabelledTrackOptions } from './labelled-track.ts';

export interface FollowSpeakerLabelsOptions extends Pick<LabelledTrackOptions, 'clock' | 'addSpeaker'> {
  readonly clock: Clock;
  readonly memory: MemoryAccount;
  readonly dropped: (drop: PipelineDrop) => void;
}

type TrackFrame = MediaFrame & { readonly kind: 'track' };

/**
 * Where a recogniser tells the speakers of one track apart, each of them becomes a participant: the first one is the track's
 * own, the next ones are added. Each is given the sound of its own words. Other sessions pass untouched.
 */
export function followSpeakerLabels(options: FollowSpeakerLabelsOptions): OperatorFunction<MediaFrame, MediaFrame> {
  const { clock, memory, addSpeaker, dropped } = options;
  return (source) =>
    new Observable<MediaFrame>((subscriber) => {
      /** Open tracks by id. */
      const open = new Map<string, TrackFrame>();
      /** By participant. */
      const labelled = new Map<string, LabelledTrack>();

      /** Whether one participant's sound is all there is. */
      const isMix = (): boolean => {
        const ids = new Set<string>();
        for (const { media, participant } of open.values()) if (media === 'audio') ids.add(participant.id);
        return ids.size < 2;
      };

      const label = ({ participant }: TrackFrame): LabelledTrack => {
        const track = new LabelledTrack(
          participant,
          [...open.values()].filter((other) => other.participant.id === participant.id),
          {
            clock,
            addSpeaker,
            isMix,
            emit: (frame) => subscriber.next(frame),
            onHeld: (bytes) => memory.hold('audio', bytes),
            onTooMany: (participantId) =>
              dropped({ stage: 'ingest', reason: 'speaker-not-told-apart', count: 1, participantId }),
          },
        );
        labelled.set(participant.id, track);
        return track;
      };

      const take = (frame: MediaFrame): void => {
        if (frame.kind === 'track') open.set(frame.trackId, frame);
        const opened = open.get(frame.trackId);
        let track = opened === undefined ? undefined : labelled.get(opened.participant.id);
        if (track === undefined && opened !== undefined && frame.kind === 'transcript' && frame.speaker !== undefined) {
          track = label(opened);
        }
        if (track === undefined) subscriber.next(frame);
        else track.take(frame);
        if (frame.kind === 'bound' && frame.startMs === Number.POSITIVE_INFINITY) open.delete(frame.trackId);
      };

      const end = (): void => {
        for (const track of labelled.values()) track.end();
      };
      subscriber.add(() => {
        for (const track of labelled.values()) track.close();
      });
      subscriber.add(
        source.subscribe({
          next: (frame) => {
            try {
              take(frame);
            } catch (error) {
              subscriber.error(error);
            }
          },
          error: (error: unknown) => {
            end();
            subscriber.error(error);
          },
          complete: () => {
            end();
            subscriber.complete();
          },
        }),
      );
    });
}
