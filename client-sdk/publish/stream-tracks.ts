/// <reference lib="dom" preserve="true" />

/** The tracks of a stream that are published. */
export interface StreamTracks {
  readonly audio: MediaStreamTrack | undefined;
  readonly video: MediaStreamTrack | undefined;
}
