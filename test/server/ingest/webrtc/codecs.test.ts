import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOpusPacket } from '../../../../server/ingest/decoders/opus-packet.ts';
import { openOpusVoice } from '../../../../server/ingest/decoders/opus-voice.ts';
import type { FrameAssembler } from '../../../../server/ingest/webrtc/codecs/frame-assembler.ts';
import { H264Frames } from '../../../../server/ingest/webrtc/codecs/h264-frames.ts';
import { Vp8Frames } from '../../../../server/ingest/webrtc/codecs/vp8-frames.ts';
import { openPictureDecoder } from '../../../../server/ingest/webrtc/media/picture-decoder.ts';
import { FILM, portraitFilm, sampleOpusPackets } from '../../../support/webrtc/encoded-media.ts';

const packet = (text: string) => ({
  payloadType: 96,
  marker: false,
  sequence: 0,
  timestamp: 0,
  ssrc: 0,
  extensions: null,
  payload: Buffer.from(text.replaceAll(' ', ''), 'hex'),
});

const assembled = (assembler: FrameAssembler, payloads: string[]) => {
  const fits = payloads.map((payload) => assembler.add(packet(payload)));
  const { data, isKey } = assembler.take();
  return { fits, data: data.toString('hex'), isKey };
};

describe('VP8 frames', () => {
  it('are put together behind any descriptor', () => {
    expect(assembled(new Vp8Frames(), ['10 00aa', '00 bb'])).toEqual({
      fits: [true, true],
      data: '00aabb',
      isKey: true,
    });
    // Extended: a picture id of 15 bits, TL0PICIDX, TID.
    expect(assembled(new Vp8Frames(), ['90 e0 8123 05 40 01cc'])).toEqual({ fits: [true], data: '01cc', isKey: false });
    expect(assembled(new Vp8Frames(), ['90 80 23 01cc']).data).toBe('01cc');
  });

  it('are disposable if each packet says that no other frame needs them', () => {
    const isDisposable = (...payloads: string[]) => {
      const frames = new Vp8Frames();
      for (const payload of payloads) frames.add(packet(payload));
      return frames.take().isDisposable;
    };
    expect(isDisposable('30 01cc', '20 dd')).toBe(true);
    expect(isDisposable('10 01cc')).toBe(false);
    expect(isDisposable('30 01cc', '00 dd')).toBe(false);
    // A key frame, whatever its descriptor says.
    expect(isDisposable('30 00cc')).toBe(false);
  });

  it('do not begin in their middle, nor with a descriptor cut short', () => {
    for (const payload of ['00 bb', '90', '90 80 81', '']) expect(new Vp8Frames().add(packet(payload))).toBe(false);
  });
});

describe('H.264 frames', () => {
  it('are put together from single units, aggregates and fragments', () => {
    const stap = '78 0003 67aabb 0002 68cc';
    expect(assembled(new H264Frames(''), [stap, '7c 85 0102', '7c 05 03', '7c 45 04'])).toEqual({
      fits: [true, true, true, true],
      data: '0000000167aabb0000000168cc000000016501020304',
      isKey: true,
    });
    expect(assembled(new H264Frames(''), ['41 9a'])).toEqual({ fits: [true], data: '00000001419a', isKey: false });
  });

  it('are disposable if no unit of theirs is referred to', () => {
    const isDisposable = (...payloads: string[]) => {
      const frames = new H264Frames('');
      for (const payload of payloads) frames.add(packet(payload));
      return frames.take().isDisposable;
    };
    expect(isDisposable('01 9a')).toBe(true);
    // A delimiter, then a slice in fragments.
    expect(isDisposable('09 f0', '1c 81 9a', '1c 41 9b')).toBe(true);
    expect(isDisposable('41 9a')).toBe(false);
    expect(isDisposable('01 9a', '21 9a')).toBe(false);
    const frames = new H264Frames('');
    for (const payload of ['65 01', '01 9a']) {
      frames.add(packet(payload));
      expect(frames.take().isDisposable).toBe(payload === '01 9a');
    }
  });

  it('take parameter sets from the description where the stream has none', () => {
    const frames = new H264Frames('packetization-mode=1;sprop-parameter-sets=Z6q7,aMw=');
    expect(assembled(frames, ['65 01']).data).toBe('0000000167aabb0000000168cc000000016501');
    expect(assembled(frames, ['41 01']).data).toBe('000000014101');
  });

  it('do not take fragments without their start, broken aggregates or unknown units', () => {
    for (const payload of ['7c 05 03', '78 00ff 67', '78 0000 67aa', '7f 00', '65', '']) {
      expect(new H264Frames('').add(packet(payload))).toBe(false);
    }
    const frames = new H264Frames('');
    expect([frames.add(packet('7c 85 01')), frames.add(packet('41 01'))]).toEqual([true, false]);
  });
});

describe('an Opus packet', () => {
  it('is told from other bytes by its form', async () => {
    const { customer } = await sampleOpusPackets(1000);
    expect(customer.length).toBeGreaterThan(40);
    for (const { data } of customer) expect(isOpusPacket(data)).toBe(true);
    const bad = [
      [],
      [0x01, 1],
      [0x02, 200, 1],
      [0x03],
      [0x03, 0x00],
      [0x1b, 0x3f],
      [0x03, 0x41, 255],
      [0x03, 0x82, 9, 1],
    ];
    for (const bytes of bad) expect(isOpusPacket(Uint8Array.from(bytes))).toBe(false);
  });

  it('never makes the decoder complain when it has that form', async () => {
    const voice = await openOpusVoice();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const samples = voice.decode(bytes);
        expect(samples !== null).toBe(isOpusPacket(bytes));
      }),
    );
    voice.close();
    expect(voice.decode(Uint8Array.of(0x48, 1, 2))).toBeNull();
  });
});

describe('the picture decoder', () => {
  it.each(['vp8', 'h264'] as const)(
    'makes pictures of the %s frames that are wanted, and decodes the others for them',
    async (codec) => {
      const film = await portraitFilm(1, codec);
      const decoder = await openPictureDecoder(codec);
      const images = [];
      for (const [index, { data }] of film.entries()) images.push(await decoder.decode(data, index % 5 === 0));
      expect(images.map((image) => image !== null)).toEqual(film.map((_, index) => index % 5 === 0));
      const { widthPx, heightPx } = FILM;
      expect(images[5]).toMatchObject({ encoding: 'rgb24', widthPx, heightPx });
      expect(images[5]!.bytes.byteLength).toBe(widthPx * heightPx * 3);
      // The film's background.
      expect(
        [...images[5]!.bytes.subarray(0, 3)].map((value, i) => Math.abs(value - [0x5a, 0x64, 0x70][i]!) < 12),
      ).toEqual([true, true, true]);
      decoder.close();
      expect(await decoder.decode(film[0]!.data, true)).toBeNull();
    },
  );

  it.each(['vp8', 'h264'] as const)(
    'refuses what is no %s frame, and goes on with the next key frame',
    async (codec) => {
      const film = await portraitFilm(0.2, codec);
      const decoder = await openPictureDecoder(codec);
      await expect(decoder.decode(Buffer.alloc(40, 0xff), true)).rejects.toThrow();
      await expect(decoder.decode(Buffer.alloc(0), true)).rejects.toThrow();
      expect(await decoder.decode(film[0]!.data, true)).not.toBeNull();
      decoder.close();
    },
  );

  it('may be closed in the middle of a frame', async () => {
    const [first] = await portraitFilm(0.2);
    const decoder = await openPictureDecoder('vp8');
    const decoding = decoder.decode(first!.data, true);
    decoder.close();
    await decoding;
  });
});
