export type FindingStatus = 'ok' | 'warning' | 'failure';

/** One result of a check: a line, and for a problem another line that says what to do. It never contains a secret. */
export type Finding =
  | { readonly status: 'ok'; readonly message: string }
  | { readonly status: 'warning' | 'failure'; readonly message: string; readonly advice: string };

export const ok = (message: string): Finding => ({ status: 'ok', message });
export const warning = (message: string, advice: string): Finding => ({ status: 'warning', message, advice });
export const failure = (message: string, advice: string): Finding => ({ status: 'failure', message, advice });

/** Describes a thrown value in one line. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n', 1)[0] ?? '';
}

/** The code of a system error, such as `EADDRINUSE`. Undefined when there is none. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}
