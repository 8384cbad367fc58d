import { isId } from '../../../client-sdk/protocol/index.ts';
import { PLATFORMS, type Platform } from '../../access/platform.ts';

/**
 * The session id for a platform's own id, such as `twilio-CA123`. Null if the result is not a valid id. Only the
 * platform may open sessions in its name space, so its ids never collide with ids that publishers choose.
 */
export function platformSessionId(platform: Platform, id: string): string | null {
  const sessionId = `${platform}-${id}`;
  return isId(id) && isId(sessionId) ? sessionId : null;
}

/** The platform whose name space holds a session's id. Null for ids that publishers choose. */
export function platformOf(sessionId: string): Platform | null {
  return PLATFORMS.find((platform) => sessionId.startsWith(`${platform}-`)) ?? null;
}
