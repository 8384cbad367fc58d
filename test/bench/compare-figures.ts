import type { FigureGroup } from './print-figures.ts';
import { nearestRank } from './statistics.ts';

/** A printed figure, such as `53 / 69 ms (13)`: its name with that of its group, and its values `[53, 69]`. */
export interface PrintedFigure {
  readonly group: string;
  readonly name: string;
  readonly values: readonly number[];
}

/** One turn: both sides, one right after the other. */
export interface Turn {
  readonly here: readonly PrintedFigure[];
  readonly there: readonly PrintedFigure[];
}

const GROUP = /^\*\*(.+)\*\*$/;
/** What a figure says of itself behind its value, such as the number of values behind a percentile. */
const REMARK = /\([^)]*\)/g;
const NUMBER = /-?\d+(?:\.\d+)?/g;

/** The figures in what `npm run bench -- --markdown` prints. Lines that are none are passed over. */
export function readFigures(markdown: string): PrintedFigure[] {
  const figures: PrintedFigure[] = [];
  let group: string | null = null;
  for (const line of markdown.split('\n')) {
    const [name = '', measured = ''] = line
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    const title = GROUP.exec(name)?.[1];
    if (title !== undefined) group = title;
    else if (group !== null && name !== '') {
      const values = measured.replaceAll(REMARK, '').match(NUMBER)?.map(Number) ?? [];
      figures.push({ group, name, values });
    }
  }
  return figures;
}

/**
 * What is measured here over what is measured there: the median over the turns of each turn's ratio. A figure that only one
 * side has, or that is 0 there, has none.
 */
export function compareFigures(turns: readonly Turn[]): FigureGroup[] {
  const groups = new Map<string, FigureGroup['figures'][number][]>();
  for (const { group, name, values } of turns[0]?.here ?? []) {
    const ratios = values.map((_, place) =>
      nearestRank(
        turns.map((turn) => valueAt(turn.here, { group, name, place }) / valueAt(turn.there, { group, name, place })),
        0.5,
      ),
    );
    const measured = ratios.map((ratio) => (Number.isFinite(ratio) ? `${ratio.toFixed(2)}×` : '–')).join(' / ');
    const figures = groups.get(group) ?? [];
    figures.push({ name, measured, target: null, isMet: null });
    groups.set(group, figures);
  }
  return [...groups].map(([title, figures]) => ({ title, figures }));
}

interface Place {
  readonly group: string;
  readonly name: string;
  readonly place: number;
}

function valueAt(figures: readonly PrintedFigure[], { group, name, place }: Place): number {
  const found = figures.find((figure) => figure.group === group && figure.name === name);
  return found?.values[place] ?? Number.NaN;
}
