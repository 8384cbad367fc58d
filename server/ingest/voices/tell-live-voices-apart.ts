import { Observable, type OperatorFunction } from 'rxjs';
import type { SpeakerEncoder } from '../../../models/index.ts';
import {
  type Clock,
  type MediaFrame,
  type MemoryAccount,
  type PipelineDrop,
  synchronize,
} from '../../../pipeline/index.ts';
import { SplitTrack, type SplitTrackOptions } from './split-track.ts';

export interface TellLiveVoicesApartOptions {
  readonly encoder: SpeakerEncoder;
  readonly clock: Clock;
  readonly jitterMs: number;
  readonly memory: MemoryAccount;
  /** Makes a participant for the second voice. Null: the session takes no more, and the voices stay one. */
  readonly addSpeaker: SplitTrackOptions['addSpeaker'];
  readonly dropped: (drop: PipelineDrop) => void;
}

/**
 * Divides the sound of a session with one audio track between two participants, by their voices. The second one appears when
 * a second voice is heard. Sound and final words leave about two seconds later. Interim words are left out once there are
 * two voices. A session in which several participants have audio passes undivided.
 */
export function tellLiveVoicesApart(options: TellLiveVoicesApartOptions): OperatorFunction<MediaFrame, MediaFrame> {
  const { encoder, clock, jitterMs, memory, addSpeaker, dropped } = options;
  const inOrder = synchronize({ clock, jitterMs, memory, onDrop: (drop) => dropped({ stage: 'sync', ...drop }) });
  return (source) =>
    new Observable<MediaFrame>((subscriber) => {
      /** By participant. */
      const tracks = new Map<string, SplitTrack>();
      /** By track, audio and words alike. */
      const owners = new Map<string, SplitTrack>();
      const participants = new Map<string, string>();

      function open(frame: MediaFrame & { readonly kind: 'track' }): void {
        const { id } = frame.participant;
        participants.set(frame.trackId, id);
        if (frame.media !== 'audio') return;
        let track = tracks.get(id);
        if (track === undefined) {
          track = new SplitTrack({
            encoder,
            clock,
            addSpeaker,
            emit: (each) => subscriber.next(each),
            onHeld: (bytes) => memory.hold('audio', bytes),
            onFailure: (cause) =>
              dropped({ stage: 'ingest', reason: 'voice-not-told-apart', count: 1, participantId: id, cause }),
          });
          tracks.set(id, track);
        }
        if (tracks.size > 1) for (const each of tracks.values()) each.stopSplitting();
        owners.set(frame.trackId, track);
      }

      function take(frame: MediaFrame): void {
        if (frame.kind === 'track') {
          open(frame);
          const words = frame.media === 'transcript' ? tracks.get(frame.participant.id) : undefined;
          if (words !== undefined) owners.set(frame.trackId, words);
        } else if (frame.kind === 'transcript') {
          const track = tracks.get(participants.get(frame.trackId) ?? '');
          if (track !== undefined) owners.set(frame.trackId, track);
        }
        const track = owners.get(frame.trackId);
        if (track === undefined) subscriber.next(frame);
        else track.take(frame);
      }

      let isOver = false;
      function end(how: () => void): void {
        isOver = true;
        let open = tracks.size;
        const closed = (): void => {
          open -= 1;
          if (open === 0) how();
        };
        if (open === 0) how();
        for (const track of [...tracks.values()]) track.end(closed);
      }

      subscriber.add(() => {
        for (const track of tracks.values()) track.close();
      });
      subscriber.add(
        source.pipe(inOrder).subscribe({
          next: (frame) => {
            try {
              if (!isOver) take(frame);
            } catch (error) {
              subscriber.error(error);
            }
          },
          error: (error: unknown) => end(() => subscriber.error(error)),
          complete: () => end(() => subscriber.complete()),
        }),
      );
    });
}
