/** WebSocket subprotocol of a publisher: JSON control messages up and down, binary media packets up. */
export const PUBLISH_SUBPROTOCOL = 'undertone.publish.v1';

/** WebSocket subprotocol of a subscriber: one `subscribe` message up, events down. */
export const SUBSCRIBE_SUBPROTOCOL = 'undertone.subscribe.v1';

/**
 * Prefix of the subprotocol that carries an access token, because browsers cannot set headers on a WebSocket:
 * `new WebSocket(url, [PUBLISH_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + token])`. The server never echoes it.
 */
export const TOKEN_SUBPROTOCOL_PREFIX = 'undertone.token.';

/** Label of the data channel on which a WebRTC publisher sends words: the publisher's `transcript` messages. */
export const TRANSCRIPT_CHANNEL = 'undertone.transcript.v1';

/** Version of the event and message shapes; a breaking change raises it together with both subprotocols. */
export const PROTOCOL_VERSION = 1;
