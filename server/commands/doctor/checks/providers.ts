import { EXECUTION_PROVIDERS, type ExecutionProvider } from '../../../../models/index.ts';
import type { Config } from '../../../config/config-schema.ts';
import { type Finding, failure, ok, warning } from '../finding.ts';
import { type ProviderProbe, type ProviderTrial, tryProvider } from '../probes/provider.ts';

const ADVICE: Readonly<Record<ExecutionProvider, string>> = {
  cuda: 'On Linux x64 with CUDA 12, cuDNN 9 and a driver: ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js',
  webgpu:
    'Install the GPU’s driver (on Linux: Vulkan; vulkaninfo lists the devices), or leave webgpu out of --providers.',
  cpu: 'See what the model check says; npm rebuild onnxruntime-node puts the runtime back.',
};

/** Checks which execution providers can run the bundle on this machine, and how fast. */
export async function checkProviders(
  { providers, modelBundle }: Pick<Config, 'providers' | 'modelBundle'>,
  signal: AbortSignal,
  probe: ProviderProbe = tryProvider,
): Promise<Finding[]> {
  const trials = await Promise.all(
    EXECUTION_PROVIDERS.map(async (provider) => ({ provider, trial: await probe(provider, modelBundle, signal) })),
  );
  return trials.map(({ provider, trial }) =>
    judge(provider, trial, provider === 'cpu' || providers.includes(provider)),
  );
}

function judge(provider: ExecutionProvider, { passMs, reason }: ProviderTrial, isAsked: boolean): Finding {
  if (passMs !== null) {
    const speed = `${provider}: a forward pass takes ${passMs.toFixed(1)} ms`;
    return ok(isAsked ? speed : `${speed}; not used without --providers ${provider}`);
  }
  if (!isAsked) return ok(`${provider}: not usable here, and not asked for`);
  const message = `${provider} is not usable: ${reason}`;
  return provider === 'cpu' ? failure(message, ADVICE.cpu) : warning(message, ADVICE[provider]);
}
