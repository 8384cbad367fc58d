/** Platforms that bring calls. Each has its own ids. */
export const PLATFORMS = ['twilio', 'audiohook', 'freeswitch', 'recall', 'zoom'] as const;

export type Platform = (typeof PLATFORMS)[number];

/** Platforms that connect by WebSocket. Zoom sends webhooks instead, and the server connects to Zoom. */
export type SocketPlatform = Exclude<Platform, 'zoom'>;
