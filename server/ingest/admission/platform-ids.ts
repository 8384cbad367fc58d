import { isId } from '../../../client-sdk/protocol/index.ts';

/** Platforms that bring ids of their own. */
export const PLATFORMS = ['twilio', 'audiohook', 'freeswitch', 'recall', 'zoom'] as const;

export type Platform = (typeof PLATFORMS)[number];

/**
 * The id of the session that a platform's own id stands for, such as `twilio-CA123`; null where it makes none. Nobody else
 * may open a session in a platform's name space, so that what a platform calls its call never meets what somebody else
 * called theirs.
 */
export function platformSessionId(platform: Platform, id: string): string | null {
  const sessionId = `${platform}-${id}`;
  return isId(id) && isId(sessionId) ? sessionId : null;
}

/** The platform in whose name space a session's id lies; null for the ids that publishers choose. */
export function platformOf(sessionId: string): Platform | null {
  return PLATFORMS.find((platform) => sessionId.startsWith(`${platform}-`)) ?? null;
}
