/// <reference lib="dom" preserve="true" />

import type { PublishMediaOptions } from '../publish-media-options.ts';
import type { PublishedMedia } from '../published-media.ts';
import { openSession, type SessionOptions } from '../session-publisher.ts';
import type { StreamTracks } from '../stream-tracks.ts';
import type { OpenTrack } from './media-feed.ts';
import { type FeedOptions, openFeeds } from './open-feeds.ts';

/** The options that publishing by WebSocket reads. */
export type WebSocketMediaOptions = SessionOptions & Pick<PublishMediaOptions, 'participant'> & FeedOptions;

/** Publishes a stream's tracks as samples and pictures, over one WebSocket. */
export async function publishByWebSocket(
  streamTracks: StreamTracks,
  options: WebSocketMediaOptions,
): Promise<PublishedMedia> {
  const feeds = await openFeeds(streamTracks, options);
  const stopFeeds = () => {
    for (const feed of feeds) feed.stop();
  };
  const publisher = await openSession(options).catch((error: unknown) => {
    stopFeeds();
    throw error;
  });
  const openTracks = new Set<number>();
  let oversizedImages = 0;
  const finish = () => {
    openTracks.clear();
    stopFeeds();
  };
  publisher.closed.then(finish, finish);

  try {
    const tracks: OpenTrack[] = [];
    for (const { media } of feeds) {
      const id = await publisher.addTrack(options.participant, media);
      openTracks.add(id);
      tracks.push({
        id,
        get isOpen() {
          return openTracks.has(id);
        },
        oversized() {
          oversizedImages += 1;
        },
        end() {
          if (openTracks.delete(id)) publisher.endTrack(id);
        },
      });
    }
    const kinds = feeds.map(({ media }) => media.kind);
    if (options.speechLanguage !== undefined && !kinds.includes('transcript')) {
      options.onSpeechUnavailable?.('unsupported');
    }
    const startMs = performance.now();
    feeds.forEach((feed, index) => {
      const track = tracks[index] as OpenTrack;
      feed.start(() => performance.now() - startMs, publisher, track);
      feed.source?.addEventListener('ended', () => track.end());
    });
    return {
      sessionId: publisher.sessionId,
      kinds,
      closed: publisher.closed,
      get dropped() {
        const { audioPackets, videoPackets } = publisher.dropped;
        return { audioPackets, videoPackets: videoPackets + oversizedImages };
      },
      stop() {
        finish();
        return publisher.end();
      },
    };
  } catch (error) {
    publisher.close();
    throw error;
  }
}
