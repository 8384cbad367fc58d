import { firstLine, ModelError } from '../model-error.ts';

/** Execution providers, fastest first. `cpu` works on every machine. */
export const EXECUTION_PROVIDERS = ['cuda', 'webgpu', 'cpu'] as const;
export type ExecutionProvider = (typeof EXECUTION_PROVIDERS)[number];

/**
 * Opens something on the first execution provider that works. The CPU is always tried, and always last.
 *
 * @param providers - in the order to try; repetitions count once
 * @param open - opens on one provider, or rejects
 * @param log - called once for each provider that is skipped
 * @returns the result of `open`, and the provider
 * @throws the error of `open` on the CPU; a `ModelError` with code `invalid-bundle` at once, on any provider
 */
export async function openOnFirstProvider<T>(
  providers: readonly ExecutionProvider[],
  open: (provider: ExecutionProvider) => Promise<T>,
  log: (message: string) => void,
): Promise<{ readonly provider: ExecutionProvider; readonly opened: T }> {
  const accelerators = [...new Set(providers)].filter((provider) => provider !== 'cpu');
  for (const [index, provider] of accelerators.entries()) {
    try {
      return { provider, opened: await open(provider) };
    } catch (error) {
      if (error instanceof ModelError && error.code === 'invalid-bundle') throw error;
      const next = accelerators[index + 1] ?? 'cpu';
      log(`Execution provider ${provider} is not usable here, falling back to ${next}: ${firstLine(error)}`);
    }
  }
  return { provider: 'cpu', opened: await open('cpu') };
}
