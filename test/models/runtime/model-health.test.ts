import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../models/model-error.ts';
import { ModelHealth } from '../../../models/runtime/model-health.ts';
import { createManualTimers } from '../../support/models/manual-timers.ts';

function setUp() {
  const timers = createManualTimers();
  const lines: string[] = [];
  const faces: { run: () => Promise<unknown>; runs: number } = { run: async () => {}, runs: 0 };
  const health = new ModelHealth({
    timers,
    log: (line) => lines.push(line),
    probes: [
      { name: 'text encoder (text.onnx)', run: async () => {} },
      {
        name: 'face encoder (video.onnx)',
        run: () => {
          faces.runs += 1;
          return faces.run();
        },
      },
    ],
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { timers, lines, faces, health, settle };
}

const failing = () => Promise.reject(ModelError.failed('It crashed at /opt/models/video.onnx.'));

describe('the health of models', () => {
  it('lets no server start whose model does not run, and says which', async () => {
    const { health, faces } = setUp();
    faces.run = failing;
    await expect(health.start()).rejects.toThrow(/^The face encoder \(video\.onnx\) does not run: It crashed/);
  });

  it('notices a model that stops running, without a path, and that it runs again', async () => {
    const { health, faces, timers, lines, settle } = setUp();
    await health.start();
    faces.run = failing;
    timers.advance(30_000);
    await settle();
    expect(health.failing).toEqual(['the face encoder (video.onnx) does not run']);
    faces.run = async () => {};
    timers.advance(2000);
    await settle();
    expect(health.failing).toEqual([]);
    expect(lines).toEqual([
      'The face encoder (video.onnx) does not run: It crashed at /opt/models/video.onnx.',
      'The face encoder (video.onnx) runs again.',
    ]);
  });

  it('notices a model that gives no answer', async () => {
    const { health, faces, timers, settle } = setUp();
    await health.start();
    faces.run = () => new Promise(() => {});
    void health.check();
    timers.advance(20_000);
    await settle();
    expect(health.failing).toHaveLength(1);
  });

  it('takes a full queue for no failure', async () => {
    const { health, faces } = setUp();
    await health.start();
    faces.run = () => Promise.reject(ModelError.overloaded('face encoder'));
    await health.check();
    expect(health.failing).toEqual([]);
  });

  it('tries once at a time, and not at all once it is closed', async () => {
    const { health, faces, timers } = setUp();
    await Promise.all([health.check(), health.check(), health.check()]);
    expect(faces.runs).toBe(1);
    health.close();
    await health.check();
    expect(faces.runs).toBe(1);
    expect(timers.waitingMs()).toEqual([]);
  });
});
