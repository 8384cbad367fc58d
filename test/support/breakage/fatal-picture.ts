/** Bytes after a picture's end by which {@link file://./mortal-picture-thread.ts} knows what to die of. */
export const FATAL_END = Buffer.from('die of this picture');
