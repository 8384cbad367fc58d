/** Platforms that bring calls, each with ids of its own. */
export const PLATFORMS = ['twilio', 'audiohook', 'freeswitch', 'recall', 'zoom'] as const;

export type Platform = (typeof PLATFORMS)[number];

/** Platforms that connect by WebSocket. Zoom sends webhooks, and the server connects to Zoom. */
export type SocketPlatform = Exclude<Platform, 'zoom'>;
