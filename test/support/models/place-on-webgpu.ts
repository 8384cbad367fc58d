// Opens a graph on WebGPU and makes the runtime log on stderr which nodes it assigns to which provider.
import { env, InferenceSession } from 'onnxruntime-node';

env.logLevel = 'verbose';
await InferenceSession.create(process.argv[2]!, {
  executionProviders: ['webgpu'],
  logSeverityLevel: 0,
  logVerbosityLevel: 1,
});
