import { ClientError, createEmotionClient, type EmotionClient, type ServerAddress } from '../../../client-sdk/index.ts';

/** The server that this page came from, and a client for it. */
export interface ServerConnection {
  readonly address: ServerAddress;
  readonly client: EmotionClient;
}

const TOKEN_KEY = 'undertone.token';

/** Connects to the server that served this page, with this tab's token if there is one. */
export function connectToServer(): ServerConnection {
  const token = sessionStorage.getItem(TOKEN_KEY);
  const url = new URL('.', location.href);
  const address: ServerAddress = token === null ? { url } : { url, token };
  // The dashboard shows every lost connection and reconnects by itself, so the client must not.
  return { address, client: createEmotionClient({ ...address, reconnect: { maxAttempts: 0 } }) };
}

/** Keeps the token for this tab only. Closing the tab removes it. */
export function rememberToken(token: string): void {
  sessionStorage.setItem(TOKEN_KEY, token);
}

/** Whether an error means that a token is missing or no longer valid. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof ClientError && error.code === 'unauthorized';
}
