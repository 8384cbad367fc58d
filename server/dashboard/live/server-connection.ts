import { ClientError, createEmotionClient, type EmotionClient, type ServerAddress } from '../../../client-sdk/index.ts';

/** The server that this page came from, and the way to read it. */
export interface ServerConnection {
  readonly address: ServerAddress;
  readonly client: EmotionClient;
}

const TOKEN_KEY = 'undertone.token';

/** Connects to the server that served this page, with the token of this tab if there is one. */
export function connectToServer(): ServerConnection {
  const token = sessionStorage.getItem(TOKEN_KEY);
  const url = new URL('.', location.href);
  const address: ServerAddress = token === null ? { url } : { url, token };
  // The dashboard shows every lost connection and tries again itself, so the client never does.
  return { address, client: createEmotionClient({ ...address, reconnect: { maxAttempts: 0 } }) };
}

/** Keeps the token for this tab only; it is gone when the tab is closed. */
export function rememberToken(token: string): void {
  sessionStorage.setItem(TOKEN_KEY, token);
}

/** Whether an error means that a token is missing or no longer good. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof ClientError && error.code === 'unauthorized';
}
