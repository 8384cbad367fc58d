import { isId } from '../../../client-sdk/protocol/index.ts';
import { PLATFORMS, type Platform } from '../../access/platform.ts';

/**
 * The id of the session for a platform's own id, such as `twilio-CA123`. Null where the two together are no valid id.
 * Only the platform may open sessions in its name space, so that its ids never collide with ids that publishers choose.
 */
export function platformSessionId(platform: Platform, id: string): string | null {
  const sessionId = `${platform}-${id}`;
  return isId(id) && isId(sessionId) ? sessionId : null;
}

/** The platform whose name space a session's id is in. Null for ids that publishers choose. */
export function platformOf(sessionId: string): Platform | null {
  return PLATFORMS.find((platform) => sessionId.startsWith(`${platform}-`)) ?? null;
}
