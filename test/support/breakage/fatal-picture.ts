/** Bytes after the end of a picture. They make {@link file://./mortal-picture-thread.ts} exit. */
export const FATAL_END = Buffer.from('die of this picture');
