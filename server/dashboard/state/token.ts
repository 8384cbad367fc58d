/** Characters that a WebSocket subprotocol may contain. Browsers send the token as a subprotocol. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** Whether a text has the form of a token. */
export function isPossibleToken(text: string): boolean {
  return TOKEN.test(text);
}
