import { describe, expect, it } from 'vitest';
import { LogSink } from '../../../server/observability/log-sink.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';

/** A destination that takes a write when the test says so. */
function setUp({ maxBytes = 1000 } = {}) {
  const clock = new ManualClock();
  const taken: string[] = [];
  const asked: { readonly text: string; take(): Promise<void>; fail(): Promise<void> }[] = [];
  const sink = new LogSink({
    clock,
    maxBytes,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        const text = bytes.toString('utf8');
        asked.push({
          text,
          async take() {
            taken.push(text);
            resolve();
            await Promise.resolve();
          },
          async fail() {
            reject(new Error('ENOSPC'));
            await Promise.resolve();
            await Promise.resolve();
          },
        });
      }),
  });
  return { clock, sink, taken, asked };
}

describe('a log sink', () => {
  it('writes lines in their order, those that came meanwhile together', async () => {
    const { sink, taken, asked } = setUp();
    for (const line of ['a\n', 'b\n', 'c\n']) sink.write(line);
    await asked[0]!.take();
    await asked[1]!.take();
    expect(taken).toEqual(['a\n', 'b\nc\n']);
    expect(sink.dropped).toBe(0);
  });

  it('holds no more than its bound where nothing is taken, drops the oldest and counts them', async () => {
    const { sink, asked } = setUp({ maxBytes: 10 });
    for (let i = 0; i < 1000; i += 1) sink.write(`${i % 10}\n`);
    // One line is on its way, five wait.
    expect(sink.dropped).toBe(994);
    await asked[0]!.take();
    const [notice, ...lines] = asked[1]!.text.trimEnd().split('\n');
    expect(JSON.parse(notice!)).toMatchObject({ level: 40, name: 'undertone', droppedLines: 994 });
    expect(lines).toEqual(['5', '6', '7', '8', '9']);
  });

  it('counts the lines of a failed write, pauses, and tells of them once when it recovers', async () => {
    const { clock, sink, asked } = setUp();
    sink.write('a\n');
    await asked[0]!.fail();
    sink.write('b\n');
    expect(asked).toHaveLength(1);
    clock.advance(1000);
    expect(asked).toHaveLength(2);
    await asked[1]!.fail();
    expect(sink.dropped).toBe(2);
    clock.advance(1000);
    sink.write('c\n');
    expect(asked[2]!.text).toMatch(/^\{.*"droppedLines":2.*\}\nc\n$/);
    await asked[2]!.take();
    sink.write('d\n');
    expect(asked[3]!.text).toBe('d\n');
  });

  it('drops a line that is larger than its bound', () => {
    const { sink, asked } = setUp({ maxBytes: 10 });
    sink.write(`${'x'.repeat(100)}\n`);
    expect(asked).toHaveLength(0);
    expect(sink.dropped).toBe(1);
  });

  it('closes once all is written, and after its grace where nothing is taken', async () => {
    const { clock, sink, asked } = setUp();
    await sink.close(500);
    sink.write('a\n');
    let isClosed = false;
    const closing = sink.close(500).then(() => {
      isClosed = true;
    });
    await Promise.resolve();
    expect(isClosed).toBe(false);
    await asked[0]!.take();
    await closing;
    sink.write('b\n');
    const givingUp = sink.close(500);
    clock.advance(500);
    await givingUp;
  });
});
