import { type Figure, valueFigure } from '../figure.ts';
import type { FigureGroup } from '../print-figures.ts';
import { countFrom, type FeatureAgreement } from './agreement.ts';
import { meaningOf } from './feature-glossary.ts';
import type { KernelSpeed } from './kernel-speed.ts';
import { CONDITIONS, type Condition, type SpeedMeasurement } from './measure.ts';

const MFCC_COUNT = 40;
const CONDITION_TITLES = { clean: 'clean', noise: 'with noise at 10 dB', telephone: 'over the telephone' };
const COLUMNS = ['feature', 'r', 'median error', '95 % error', 'r, noise', 'r, telephone'];
const MEANING_COLUMNS = ['what it is', 'unit', 'source'];

/** Everything that a run found. */
export interface FeatureReport {
  readonly machine: string;
  readonly references: string;
  /** Such as `240 recordings of 24 speakers`. */
  readonly material: string;
  readonly agreement: Readonly<Record<Condition, readonly FeatureAgreement[]>>;
  readonly speed: SpeedMeasurement;
  readonly kernels: readonly KernelSpeed[];
}

/** The report's figures, each with its promise. */
export function figuresOf({ agreement, speed, kernels }: FeatureReport): FigureGroup[] {
  return [
    ...CONDITIONS.map((condition) => ({
      title: `Agreement, ${CONDITION_TITLES[condition]}`,
      figures: agreementFigures(agreement[condition], condition === 'clean'),
    })),
    { title: 'Speed on one core', figures: speedFigures(speed) },
    {
      title: 'Kernels in WebAssembly over plain TypeScript',
      figures: kernels.map(({ name, wasmUs, plainUs }) => valueFigure(name, plainUs / wasmUs, times)),
    },
  ];
}

function agreementFigures(agreement: readonly FeatureAgreement[], isPromised: boolean): Figure[] {
  const mfcc = agreement.slice(0, MFCC_COUNT);
  const egemaps = agreement.slice(MFCC_COUNT);
  const count = (r: number, least: number | null) =>
    valueFigure(
      `eGeMAPSv02: functionals with r ≥ ${r}`,
      countFrom(egemaps, r),
      (value) => `${value} of ${egemaps.length}`,
      isPromised && least !== null ? { atLeast: least } : null,
    );
  return [
    valueFigure(
      'MFCC: largest relative error',
      Math.max(...mfcc.map(({ largestError }) => largestError)),
      (value) => value.toExponential(1),
      isPromised ? { atMost: 1e-3 } : null,
    ),
    count(0.9, null),
    count(0.95, egemaps.length),
    count(0.99, 80),
    valueFigure(
      'eGeMAPSv02: largest median relative error of a functional',
      Math.max(...egemaps.map(({ medianError }) => medianError)),
      percent,
      isPromised ? { atMost: 0.02 } : null,
    ),
  ];
}

function speedFigures(speed: SpeedMeasurement): Figure[] {
  const { audioSeconds, oursSeconds, plainSeconds, librosaSeconds, opensmileSeconds } = speed;
  const theirsSeconds = librosaSeconds + opensmileSeconds;
  const throughput = (seconds: number) => `${(audioSeconds / seconds).toFixed(0)} × real time`;
  const realTimeFactor = (seconds: number) => (seconds / audioSeconds).toFixed(4);
  const side = (name: string, seconds: number): Figure[] => [
    valueFigure(`${name}: throughput`, seconds, throughput),
    valueFigure(`${name}: real-time factor`, seconds, realTimeFactor),
  ];
  return [
    valueFigure('Undertone, MFCC + eGeMAPSv02 + quality: throughput', oursSeconds, throughput),
    valueFigure('Undertone, MFCC + eGeMAPSv02 + quality: real-time factor', oursSeconds / audioSeconds, fourDigits, {
      atMost: 0.01,
    }),
    ...side('openSMILE, eGeMAPSv02', opensmileSeconds),
    ...side('librosa, MFCC', librosaSeconds),
    valueFigure('Undertone over openSMILE + librosa', theirsSeconds / oursSeconds, times, {
      atLeast: 4,
    }),
    valueFigure('Undertone over itself with kernels in plain TypeScript', plainSeconds / oursSeconds, times),
    valueFigure('end of a 10 s utterance, median', speed.finishMedianMs, milliseconds),
    valueFigure('end of a 10 s utterance, 95th percentile', speed.finishP95Ms, milliseconds, { atMost: 5 }),
  ];
}

/** One line a feature; the MFCC share one, which holds the worst of each column. */
export function agreementTable({ agreement }: FeatureReport, markdown: boolean): string {
  const { clean, noise, telephone } = agreement;
  const rows = clean.map((feature, i) => rowOf([feature], [noise[i]!], [telephone[i]!], feature.name));
  const mfcc = [clean, noise, telephone].map((all) => all.slice(0, MFCC_COUNT)) as [
    FeatureAgreement[],
    FeatureAgreement[],
    FeatureAgreement[],
  ];
  const first = clean[0]!.name;
  const last = clean[MFCC_COUNT - 1]!.name;
  rows.splice(0, MFCC_COUNT, rowOf(...mfcc, markdown ? `${first}\`…\`${last}` : `${first} … ${last}`));
  if (markdown) {
    const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
    const columns = [COLUMNS[0]!, ...MEANING_COLUMNS, ...COLUMNS.slice(1)];
    const rules = columns.map((_, c) => (c <= MEANING_COLUMNS.length ? '---' : '---:'));
    const named = rows.map(([name, ...cells]) => {
      const { definition, unit, source } = meaningOf(name!.split('`')[0]!);
      return line([`\`${name}\``, definition, unit, source, ...cells]);
    });
    return [line(columns), line(rules), ...named, ''].join('\n');
  }
  const widths = COLUMNS.map((name, c) => Math.max(name.length, ...rows.map((row) => row[c]!.length)));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  ')}`;
  return [line(COLUMNS), ...rows.map(line), ''].join('\n');
}

function rowOf(
  clean: readonly FeatureAgreement[],
  noise: readonly FeatureAgreement[],
  telephone: readonly FeatureAgreement[],
  name: string,
): string[] {
  const lowest = (all: readonly FeatureAgreement[]) => correlation(Math.min(...all.map(({ r }) => r)));
  const highest = (error: 'medianError' | 'p95Error') => percent(Math.max(...clean.map((feature) => feature[error])));
  return [name, lowest(clean), highest('medianError'), highest('p95Error'), lowest(noise), lowest(telephone)];
}

/** Rounded down, so that nothing reads as more than it is. */
function correlation(r: number): string {
  return Number.isNaN(r) ? '–' : (Math.floor(r * 1e4) / 1e4).toFixed(4);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function times(value: number): string {
  return `${value.toFixed(2)} ×`;
}

function fourDigits(value: number): string {
  return value.toFixed(4);
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}
