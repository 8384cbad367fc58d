/** A WAV file of 16-bit PCM, with a chunk of odd length before the samples. */
export function wavFile(sampleRateHz: number, channels: readonly (readonly number[])[]): Uint8Array {
  const frameCount = channels[0]?.length ?? 0;
  const data = Buffer.alloc(frameCount * channels.length * 2);
  channels.forEach((samples, channel) => {
    samples.forEach((sample, frame) => {
      data.writeInt16LE(sample, 2 * (frame * channels.length + channel));
    });
  });
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(channels.length, 2);
  format.writeUInt32LE(sampleRateHz, 4);
  format.writeUInt32LE(sampleRateHz * channels.length * 2, 8);
  format.writeUInt16LE(channels.length * 2, 12);
  format.writeUInt16LE(16, 14);
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    chunk('fmt ', format),
    chunk('LIST', Buffer.from('odd')),
    chunk('data', data),
  ]);
  return chunk('RIFF', body);
}

function chunk(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.write(name, 'latin1');
  header.writeUInt32LE(content.length, 4);
  return Buffer.concat([header, content, Buffer.alloc(content.length % 2)]);
}
