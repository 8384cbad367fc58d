/** Makes a mortal graph thread exit as soon as it arrives, whatever the thread is computing. */
export const LAST_MESSAGE = 'last message';
