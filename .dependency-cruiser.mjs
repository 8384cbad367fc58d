/** Who may import whom: the rules of ARCHITECTURE.md, held by `npm run check`. */

const STAGES = ['media', 'sync', 'window', 'features', 'inference', 'events'];

/** A stage sees itself, earlier stages and `support`. */
const stageOrder = STAGES.slice(0, -1).map((stage, index) => ({
  name: `pipeline-${stage}-comes-first`,
  severity: 'error',
  comment: 'A pipeline stage never imports a later one.',
  from: { path: `^pipeline/${stage}/` },
  to: { path: `^pipeline/(${STAGES.slice(index + 1).join('|')})/` },
}));

const only = (name, comment, from, allowed) => ({
  name,
  severity: 'error',
  comment,
  from,
  to: { path: '^(client-sdk|models|pipeline|server|test)/', pathNot: allowed },
});

const packages = (name, comment, from, allowed) => ({
  name,
  severity: 'error',
  comment,
  from,
  to: { path: 'node_modules/', pathNot: `node_modules/(${allowed})/` },
});

export default {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...stageOrder,
    only(
      'protocol-is-a-leaf',
      'The public contract imports nothing.',
      { path: '^client-sdk/protocol/' },
      '^client-sdk/protocol/',
    ),
    only('client-sdk-stands-alone', 'It ships to browsers.', { path: '^client-sdk/' }, '^client-sdk/'),
    only(
      'client-sdk-publishes-alone',
      'Who publishes needs nothing of who subscribes.',
      { path: '^client-sdk/publish/' },
      '^client-sdk/(publish|connection|protocol)/',
    ),
    only(
      'client-sdk-subscribes-alone',
      'Who subscribes needs nothing of who publishes.',
      { path: '^client-sdk/subscribe/' },
      '^client-sdk/(subscribe|connection|protocol)/',
    ),
    {
      name: 'client-sdk-without-packages',
      severity: 'error',
      from: { path: '^client-sdk/', pathNot: '^client-sdk/(examples/|publish/faces/open-face-detector\\.ts|react/)' },
      to: { path: 'node_modules/|^node:', dependencyTypes: ['npm', 'npm-dev', 'core'] },
    },
    packages(
      'client-sdk-optional-peers',
      'MediaPipe for faces on the device, React for the hook.',
      { path: '^client-sdk/(publish/faces|react)/' },
      '@mediapipe/tasks-vision|react|@types/react',
    ),
    only(
      'models-stand-alone',
      'Tensors in, scores out.',
      { path: '^models/', pathNot: '^models/training/' },
      '^models/',
    ),
    packages(
      'models-use-onnxruntime-only',
      'One runtime, and the graph of voice activity.',
      { path: '^models/', pathNot: '^models/training/' },
      'onnxruntime-node|onnxruntime-common|@types|@jjhbw',
    ),
    only(
      'models-runtime-knows-no-model',
      'Runs any graph: the bundle and the models build on it.',
      { path: '^models/runtime/' },
      '^models/(runtime/|model-error\\.ts|timers\\.ts)',
    ),
    only(
      'models-bundle-knows-no-model',
      'Reads and verifies a bundle; the models are opened with it.',
      { path: '^models/bundle/' },
      '^models/(bundle/|runtime/|feature-tensors\\.ts|model-error\\.ts|model-interfaces\\.ts)',
    ),
    {
      name: 'one-file-touches-onnxruntime',
      severity: 'error',
      from: { pathNot: '^(models/runtime/onnx-session\\.ts|test/)' },
      to: { path: 'node_modules/onnxruntime' },
    },
    only(
      'pipeline-is-pure',
      'It knows the models and the protocol, no server.',
      { path: '^pipeline/' },
      '^(pipeline/|models/index\\.ts|client-sdk/protocol/index\\.ts)',
    ),
    {
      name: 'pipeline-without-node',
      severity: 'error',
      comment: 'No sockets, no clock but the one passed in, and no files but the code of its own modules.',
      from: {
        path: '^pipeline/',
        pathNot: '^pipeline/(features/audio/kernels/wasm-kernels|sync/resampling/convolver)\\.ts',
      },
      to: { dependencyTypes: ['core'] },
    },
    packages(
      'pipeline-packages',
      'RxJS, the tokenizer and the signal meter.',
      { path: '^pipeline/' },
      'rxjs|@huggingface/tokenizers|meyda',
    ),
    only(
      'server-uses-indexes',
      'The server sees the layers by their borders.',
      { path: '^server/', pathNot: '^server/(dashboard|report)/' },
      '^(server/|pipeline/index\\.ts|models/index\\.ts|client-sdk/protocol/index\\.ts)',
    ),
    only(
      'dashboard-uses-the-sdk',
      'The dashboard is a user of the SDK.',
      { path: '^server/(dashboard|report)/' },
      '^(server/(dashboard|report)/|client-sdk/index\\.ts|client-sdk/protocol/index\\.ts)',
    ),
    {
      name: 'ingest-and-subscribers-never-meet',
      severity: 'error',
      from: { path: '^server/ingest/' },
      to: { path: '^server/(subscribers|http)/' },
    },
    {
      name: 'subscribers-and-http-never-meet',
      severity: 'error',
      from: { path: '^server/(subscribers|http)/' },
      to: { path: '^server/ingest/' },
    },
    { name: 'nothing-imports-tests', severity: 'error', from: { pathNot: '^test/' }, to: { path: '^test/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules/\\.cache|\\.venv)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
    },
  },
};
