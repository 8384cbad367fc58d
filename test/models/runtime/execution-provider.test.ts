import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../models/model-error.ts';
import { type ExecutionProvider, openOnFirstProvider } from '../../../models/runtime/execution-provider.ts';

async function open(asked: ExecutionProvider[], usable: ExecutionProvider[]) {
  const tried: ExecutionProvider[] = [];
  const lines: string[] = [];
  const result = await openOnFirstProvider(
    asked,
    async (provider) => {
      tried.push(provider);
      if (!usable.includes(provider)) throw new Error(`no ${provider} here\n  at native code`);
      return `opened on ${provider}`;
    },
    (line) => lines.push(line),
  );
  return { result, tried, lines };
}

describe('openOnFirstProvider', () => {
  it('takes the first provider that works and says nothing', async () => {
    const { result, tried, lines } = await open(['webgpu', 'cuda'], ['cuda', 'webgpu', 'cpu']);
    expect(result).toEqual({ provider: 'webgpu', opened: 'opened on webgpu' });
    expect(tried).toEqual(['webgpu']);
    expect(lines).toEqual([]);
  });

  it('falls back in order, with one line for each provider passed over', async () => {
    const { result, lines } = await open(['cuda', 'webgpu'], ['cpu']);
    expect(result.provider).toBe('cpu');
    expect(lines).toEqual([
      'Execution provider cuda is not usable here, falling back to webgpu: no cuda here',
      'Execution provider webgpu is not usable here, falling back to cpu: no webgpu here',
    ]);
  });

  it('tries the CPU last, wherever it was named, and every provider once', async () => {
    const { tried } = await open(['cpu', 'cuda', 'cuda'], ['cpu']);
    expect(tried).toEqual(['cuda', 'cpu']);
  });

  it('gives up when the CPU fails too', async () => {
    await expect(open([], [])).rejects.toThrow('no cpu here');
  });

  it('does not blame the provider for a damaged bundle', async () => {
    const lines: string[] = [];
    const damaged = openOnFirstProvider(
      ['cuda'],
      () => Promise.reject(ModelError.invalidBundle('text.onnx is damaged.')),
      (line) => lines.push(line),
    );
    await expect(damaged).rejects.toMatchObject({ code: 'invalid-bundle' });
    expect(lines).toEqual([]);
  });
});
