import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NackList } from '../../../../server/ingest/webrtc/rtp/nack-list.ts';
import { ReceptionStats } from '../../../../server/ingest/webrtc/rtp/reception-stats.ts';
import { ReorderBuffer } from '../../../../server/ingest/webrtc/rtp/reorder-buffer.ts';
import {
  genericNack,
  parseSenderReports,
  pictureLoss,
  receiverReport,
} from '../../../../server/ingest/webrtc/rtp/rtcp.ts';
import { parseRtp, unwrapRed, unwrapRtx } from '../../../../server/ingest/webrtc/rtp/rtp-packet.ts';
import { StreamClock } from '../../../../server/ingest/webrtc/rtp/stream-clock.ts';
import { Unwrapper } from '../../../../server/ingest/webrtc/rtp/unwrap.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe('an RTP packet', () => {
  it('is read with its extensions and without its padding', () => {
    const bytes = hex('b1 e0 0007 00000064 000004d2 00000001 bede 0001 40 31 00 00 aabbcc 000003');
    expect(parseRtp(bytes)).toMatchObject({
      payloadType: 96,
      marker: true,
      sequence: 7,
      timestamp: 100,
      ssrc: 1234,
      payload: hex('aabbcc'),
      extensions: new Map([[4, hex('31')]]),
    });
  });

  it('is refused when it is cut short anywhere, and never throws', () => {
    const whole = hex('b1 e0 0007 00000064 000004d2 00000001 bede 0001 40 31 00 00 aabbcc 000003');
    expect(parseRtp(whole.subarray(0, 11))).toBeNull();
    expect(parseRtp(hex('40 60 0007 00000064 000004d2'))).toBeNull();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void parseRtp(Buffer.from(bytes))));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void parseSenderReports(Buffer.from(bytes))));
  });

  it('is unwrapped from a retransmission', () => {
    const packet = parseRtp(hex('80 61 0001 00000064 00000009 0007 aabb'))!;
    expect(unwrapRtx(packet, { payloadType: 96, ssrc: 1234 })).toMatchObject({
      sequence: 7,
      ssrc: 1234,
      payload: hex('aabb'),
    });
    expect(unwrapRtx(parseRtp(hex('80 61 0001 00000064 00000009 0007'))!, { payloadType: 96, ssrc: 1 })).toBeNull();
  });

  it('is unwrapped from redundant audio, the oldest first', () => {
    // One block of payload type 111, 960 units back, 2 bytes long; then the packet's own.
    const block = (0x80 | 111) * 2 ** 24 + 960 * 2 ** 10 + 2;
    const packet = parseRtp(hex(`80 3f 0000 000003e8 00000009 ${block.toString(16)} 6f a1a2 b1b2b3`))!;
    expect(
      unwrapRed(packet).map(({ sequence, timestamp, payload }) => [sequence, timestamp, payload.toString('hex')]),
    ).toEqual([
      [65_535, 40, 'a1a2'],
      [0, 1000, 'b1b2b3'],
    ]);
    expect(unwrapRed({ ...packet, payload: hex('ef 0f0002') })).toEqual([]);
    expect(unwrapRed({ ...packet, payload: hex('') })).toEqual([]);
  });
});

describe('RTCP', () => {
  it('is read: a sender report behind a goodbye in one packet', () => {
    const report = hex('80 c8 0006 000004d2 83aa7e80 80000000 000003e8 00000001 00000002');
    const goodbye = hex('81 cb 0001 000004d2');
    expect(parseSenderReports(Buffer.concat([goodbye, report]))).toEqual([
      { ssrc: 1234, ntpMs: 0x83aa7e80 * 1000 + 500, ntpMiddle: 0x7e808000, rtpTimestamp: 1000 },
    ]);
    expect(parseSenderReports(report.subarray(0, -1))).toEqual([]);
  });

  it('is written: requests for packets as a first one and a mask, for a key frame, and reports', () => {
    expect(genericNack(1, 2, [65_536 + 5, 65_536 + 6, 65_536 + 21, 65_536 + 22]).toString('hex')).toBe(
      hex('81 cd 0004 00000001 00000002 0005 8001 0016 0000').toString('hex'),
    );
    expect(pictureLoss(1, 2).toString('hex')).toBe('81ce00020000000100000002');
    const stats = new ReceptionStats(9, 48_000);
    for (const sequence of [10, 11, 13]) stats.arrived(sequence, sequence * 960, sequence * 20);
    stats.senderReport(77, 1000);
    const block = stats.block(2000)!;
    expect(block).toMatchObject({
      fractionLost: 64,
      lost: 1,
      highestSequence: 13,
      lastReport: 77,
      sinceLastReport: 65_536,
    });
    expect(stats.block(3000)).toMatchObject({ fractionLost: 0, lost: 1 });
    expect(receiverReport(1, [block]).subarray(0, 16).toString('hex')).toBe(
      hex('81c90007 00000001 00000009 40 000001').toString('hex'),
    );
  });
});

describe('the reorder buffer', () => {
  const values = (released: { value: number }[]) => released.map(({ value }) => value);

  it('gives any order back in order, each once, whatever comes twice', () => {
    const order = fc.shuffledSubarray(
      [...Array(40).keys()].map((i) => i + 1),
      { minLength: 40 },
    );
    fc.assert(
      fc.property(order, fc.array(fc.integer({ min: 1, max: 40 })), (arrivals, repeats) => {
        const buffer = new ReorderBuffer<number>({ waitMs: 1000, capacity: 100 });
        const out = values(buffer.push(0, 0, 0));
        for (const n of [...arrivals, ...repeats]) out.push(...values(buffer.push(n, n, 1)));
        expect(out).toEqual([...Array(41).keys()]);
        expect(buffer.lost).toBe(0);
      }),
    );
  });

  it('waits for a hole as long as it was told, and says where it gave up', () => {
    const buffer = new ReorderBuffer<number>({ waitMs: 100, capacity: 100 });
    buffer.push(1, 1, 0);
    expect(buffer.push(3, 3, 10)).toEqual([]);
    expect(buffer.push(4, 4, 109)).toEqual([]);
    expect(buffer.push(6, 6, 110)).toEqual([
      { value: 3, afterLoss: true },
      { value: 4, afterLoss: false },
    ]);
    expect(buffer.push(2, 2, 111)).toEqual([]);
    expect([buffer.lost, buffer.late]).toEqual([1, 1]);
    expect(buffer.flush()).toEqual([{ value: 6, afterLoss: true }]);
  });

  it('holds no more than its capacity', () => {
    const buffer = new ReorderBuffer<number>({ waitMs: 1e9, capacity: 3 });
    buffer.push(0, 0, 0);
    const out = [2, 3, 4, 5].flatMap((n) => values(buffer.push(n, n, 0)));
    expect(out).toEqual([2, 3, 4, 5]);
  });
});

describe('the list of packets to ask for', () => {
  it('gives what is out of order its time, then asks, again and again, but not for ever', () => {
    const list = new NackList();
    list.arrived(1, 0);
    list.arrived(4, 0);
    expect(list.due(19)).toEqual([]);
    list.arrived(3, 19);
    expect(list.due(20)).toEqual([2]);
    expect(list.due(60)).toEqual([]);
    let requests = 1;
    for (let now = 60; now < 5000; now += 30) requests += list.due(now).length;
    expect(requests).toBe(8);
  });

  it('asks for nothing that came, was given up, or lies in a break', () => {
    const list = new NackList();
    list.arrived(1, 0);
    list.arrived(5, 0);
    list.arrived(2, 5);
    list.forget(4);
    expect(list.due(50)).toEqual([4]);
    list.arrived(10_000, 60);
    expect(list.due(500)).toEqual([]);
  });
});

describe('a stream’s clock', () => {
  it('follows the timestamps over their wrap, from the arrival of the first', () => {
    const clock = new StreamClock(48_000);
    const first = clock.arrived(2 ** 32 - 480, 1000);
    expect(clock.mediaMs(first)).toBe(1000);
    expect(clock.mediaMs(clock.arrived(480, 1100))).toBe(1020);
  });

  it('is not led astray by a first packet that was late', () => {
    const clock = new StreamClock(48_000);
    // Sent every 20 ms; on their way for 150, 10, 90 and 30 ms.
    const packets = [150, 10, 90, 30].map((delayMs, index) => ({
      timestamp: index * 960,
      arrivalMs: 1000 + index * 20 + delayMs,
    }));
    clock.begin(packets);
    expect(clock.mediaMs(clock.arrived(0, 1150))).toBe(1010);
    expect(clock.mediaMs(clock.arrived(960 * 4, 1300))).toBe(1090);
  });

  it('loses nothing of a sender that begins with a burst', () => {
    const clock = new StreamClock(48_000);
    // 500 ms of sound at once, 30 ms after the call began.
    clock.begin(Array.from({ length: 26 }, (_, index) => ({ timestamp: index * 960, arrivalMs: 30 })));
    expect([0, 1, 25].map((index) => clock.mediaMs(clock.arrived(index * 960, 30)))).toEqual([0, 20, 500]);
  });

  it('starts anew where the timestamps and the time of arrival part', () => {
    const clock = new StreamClock(48_000);
    clock.arrived(0, 0);
    expect(clock.mediaMs(clock.arrived(48_000 * 60, 1000))).toBe(1000);
  });

  it('puts pictures where the voice was, once both senders have told their time', () => {
    const voice = new StreamClock(48_000);
    const picture = new StreamClock(90_000, () => voice);
    voice.arrived(0, 500);
    // Taken with the voice's 1st sample, but 80 ms longer on its way.
    const timestamp = picture.arrived(9000, 580);
    expect(picture.mediaMs(timestamp)).toBe(580);
    picture.senderReport({ ssrc: 2, ntpMs: 1e12 + 1000, ntpMiddle: 0, rtpTimestamp: 9000 + 90_000 });
    voice.senderReport({ ssrc: 1, ntpMs: 1e12 + 2000, ntpMiddle: 0, rtpTimestamp: 96_000 });
    expect(picture.mediaMs(timestamp)).toBeCloseTo(500, 6);
  });

  it('does not believe a report that cannot be', () => {
    const voice = new StreamClock(48_000);
    const picture = new StreamClock(90_000, () => voice);
    voice.arrived(0, 0);
    const timestamp = picture.arrived(0, 40);
    voice.senderReport({ ssrc: 1, ntpMs: 0, ntpMiddle: 0, rtpTimestamp: 0 });
    picture.senderReport({ ssrc: 2, ntpMs: 1e9, ntpMiddle: 0, rtpTimestamp: 0 });
    expect(picture.mediaMs(timestamp)).toBe(40);
  });

  it('keeps unwrapping a counter that goes back a little at a wrap', () => {
    const unwrapper = new Unwrapper(16);
    expect([65_534, 1, 65_535, 2, 65_533].map((value) => unwrapper.unwrap(value))).toEqual([
      65_534, 65_537, 65_535, 65_538, 65_533,
    ]);
  });
});
