import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { isPossibleToken } from '../state/token.ts';

/** Asks for the access token. The token is kept for this tab only. */
export function TokenPrompt({ isRetry, onToken }: { isRetry: boolean; onToken: (token: string) => void }): JSX.Element {
  const [token, setToken] = useState('');
  const [isRefused, setIsRefused] = useState(isRetry);
  return (
    <main class="page" id="main" tabIndex={-1}>
      <form
        class="token card"
        onSubmit={(event) => {
          event.preventDefault();
          if (isPossibleToken(token.trim())) onToken(token.trim());
          else setIsRefused(true);
        }}
      >
        <h1>Access token</h1>
        <p class="muted" id="token-hint">
          This server asks for a token. It is kept in this tab only and forgotten when you close it.
        </p>
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          aria-describedby="token-hint"
          aria-invalid={isRefused}
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        {isRefused && (
          <p class="field-error" role="alert">
            This is not a token that the server accepts.
          </p>
        )}
        <button type="submit" class="button">
          Continue
        </button>
      </form>
    </main>
  );
}
