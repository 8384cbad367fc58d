/** What a WebSocket subprotocol can carry, which is how browsers send a token. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** Whether a text can be a token at all. */
export function isPossibleToken(text: string): boolean {
  return TOKEN.test(text);
}
