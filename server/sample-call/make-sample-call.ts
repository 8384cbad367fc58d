/**
 * Makes the bundled sample call: two synthetic voices on one channel each, the customer's face, and the timed words.
 *
 *   node server/sample-call/make-sample-call.ts PORTRAIT.jpg
 *
 * Needs Debian's `flite` (voices slt and rms, free for any use) and `ffmpeg`. PORTRAIT is a photograph of a face that
 * may be redistributed. The bundled call uses NASA's portrait of Eileen Collins (public domain), moved slowly.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SAMPLE_RATE_HZ = 16_000;

interface Line {
  readonly speaker: 'Customer' | 'Agent';
  readonly text: string;
  /** Silence before the line, in s. Negative: the line begins before the previous one ends. */
  readonly pauseS: number;
  /** Mean pitch and its spread, in Hz. */
  readonly pitchHz: number;
  readonly pitchSpreadHz: number;
  /** Above 1 is slower. */
  readonly stretch: number;
  readonly gain: number;
}

const customer = (
  text: string,
  pauseS: number,
  pitchHz: number,
  pitchSpreadHz: number,
  stretch: number,
  gain: number,
): Line => ({
  speaker: 'Customer',
  text,
  pauseS,
  pitchHz,
  pitchSpreadHz,
  stretch,
  gain,
});
const agent = (text: string, pauseS = 1.1): Line => ({
  speaker: 'Agent',
  text,
  pauseS,
  pitchHz: 105,
  pitchSpreadHz: 12,
  stretch: 1,
  gain: 0.75,
});

const LINES: readonly Line[] = [
  customer('Hi. My internet has been down for three days, and nobody has called me back.', 0.8, 180, 18, 1, 0.7),
  agent('I am so sorry to hear that. Let me look at your account right now.'),
  customer('I have been on hold for forty minutes. This is absolutely ridiculous!', 1, 225, 45, 0.85, 1),
  agent('You are right, and I apologise. I can see the fault on the line.'),
  customer('So you knew about it? I am furious! I pay for this every month!', -0.4, 240, 55, 0.82, 1),
  agent('An engineer was booked, but the visit was cancelled. That should not have happened.'),
  customer('I work from home. I am really scared that I will lose my job over this.', 1.2, 165, 10, 1.2, 0.5),
  agent('I understand. I have booked an engineer for this afternoon, between two and four.'),
  customer('Wait, today? Really? Wow, I did not expect that!', 0.9, 235, 60, 0.95, 0.85),
  agent('Yes, today. And I have taken this month off your bill.'),
  customer('Oh, thank you so much! That is wonderful, you have made my day!', 0.9, 220, 45, 0.95, 0.85),
  agent('You are very welcome. Is there anything else I can do for you?'),
  customer('No, that is all. Thanks again, goodbye.', 1, 195, 20, 1, 0.7),
];

/**
 * The customer switches the camera on before this line. Earlier, a smiling portrait would contradict the angry lines.
 */
const CAMERA_ON_LINE = 8;

function speak(line: Line, folder: string): Float32Array {
  const wav = join(folder, 'line.wav');
  const settings = [
    `int_f0_target_mean=${line.pitchHz}`,
    `int_f0_target_stddev=${line.pitchSpreadHz}`,
    `duration_stretch=${line.stretch}`,
  ];
  const voice = line.speaker === 'Customer' ? 'slt' : 'rms';
  execFileSync('flite', ['-voice', voice, ...settings.flatMap((s) => ['--setf', s]), '-t', line.text, '-o', wav]);
  const raw = execFileSync(
    'ffmpeg',
    ['-v', 'error', '-i', wav, '-ar', `${SAMPLE_RATE_HZ}`, '-ac', '1', '-f', 'f32le', '-'],
    {
      maxBuffer: 2 ** 28,
    },
  );
  const samples = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return samples.map((sample) => (sample * line.gain * 0.8) / peak);
}

function vttTime(seconds: number): string {
  return new Date(Math.round(seconds * 1000)).toISOString().slice(11, 23);
}

function main(portrait: string | undefined): void {
  if (portrait === undefined) throw new TypeError('usage: make-sample-call.ts PORTRAIT.jpg');
  const folder = mkdtempSync(join(tmpdir(), 'sample-call-'));
  try {
    const placed: { line: Line; startS: number; samples: Float32Array }[] = [];
    let endS = 0;
    for (const line of LINES) {
      const startS = endS + line.pauseS;
      const samples = speak(line, folder);
      placed.push({ line, startS, samples });
      endS = startS + samples.length / SAMPLE_RATE_HZ;
    }
    const lengthS = endS + 1.5;

    const stereo = new Float32Array(Math.round(lengthS * SAMPLE_RATE_HZ) * 2);
    for (const { line, startS, samples } of placed) {
      const first = Math.round(startS * SAMPLE_RATE_HZ);
      const channel = line.speaker === 'Customer' ? 0 : 1;
      for (const [i, sample] of samples.entries()) stereo[(first + i) * 2 + channel] = sample;
    }
    // A quiet line hiss makes silence sound like that of a call. It is seeded, so that all runs give the same result.
    let seed = 1;
    for (let i = 0; i < stereo.length; i++) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      stereo[i]! += (seed / 2 ** 32 - 0.5) * 0.001;
    }
    writeFileSync(join(folder, 'voices.f32'), new Uint8Array(stereo.buffer));

    const cues = placed.map(({ line, startS, samples }) => {
      const range = `${vttTime(startS)} --> ${vttTime(startS + samples.length / SAMPLE_RATE_HZ)}`;
      return `${range}\n<v ${line.speaker}>${line.text}\n`;
    });
    writeFileSync(join(import.meta.dirname, 'sample-call.vtt'), `WEBVTT\n\n${cues.join('\n')}`);

    const motion = [
      "rotate=a='0.05*sin(2*PI*t/7)':fillcolor=gray",
      "crop=w=in_w*0.86:h=in_h*0.86:x='in_w*(0.07+0.05*sin(2*PI*t/5))':y='in_h*(0.07+0.04*sin(2*PI*t/3.7))'",
      'scale=320:320',
      "eq=brightness='0.03*sin(2*PI*t/11)':eval=frame",
    ];
    const cameraOnS = placed[CAMERA_ON_LINE]!.startS - 0.8;
    const shown = ['-loop', '1', '-framerate', '12', '-t', `${lengthS - cameraOnS}`];
    const input = [...shown, '-itsoffset', `${cameraOnS}`, '-i', portrait];
    const voices = ['-f', 'f32le', '-ar', `${SAMPLE_RATE_HZ}`, '-ac', '2', '-i', join(folder, 'voices.f32')];
    const video = ['-vf', motion.join(','), '-c:v', 'libvpx-vp9', '-b:v', '60k', '-pix_fmt', 'yuv420p', '-row-mt', '1'];
    const audio = ['-c:a', 'libopus', '-b:a', '48k', '-mapping_family', '255'];
    const output = [
      '-t',
      `${lengthS}`,
      '-map_metadata',
      '-1',
      '-fflags',
      '+bitexact',
      join(import.meta.dirname, 'sample-call.webm'),
    ];
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-y',
      ...input,
      ...voices,
      '-map',
      '0:v',
      '-map',
      '1:a',
      ...video,
      ...audio,
      ...output,
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main(process.argv[2]);
