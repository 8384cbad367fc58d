import type { JSX } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { EMOTION_LABELS, EMOTION_NAMES } from '../../../client-sdk/protocol/index.ts';
import { isUnclear, UNCLEAR_NAME } from '../state/certainty.ts';
import type { Party } from './call-summary.ts';
import { type Player, usePlayer } from './player.ts';
import type { ReportData, ReportUtterance } from './report-data.ts';
import { EVERY_ROW, filterRows, type RowFilter } from './row-filter.ts';
import { spokenAt } from './spoken-at.ts';
import { rowId, TranscriptRow } from './transcript-row.tsx';

/** What was chosen last. Each choice is a new object, so that the same row can be shown again. */
export interface Selection {
  readonly utteranceId: string;
}

interface TranscriptTableProps {
  readonly data: ReportData;
  readonly parties: readonly Party[];
  readonly player: Player;
  readonly selection: Selection | null;
  readonly onListen: (utterance: ReportUtterance) => void;
}

/** The words, one compact row per utterance, with search and filters. The row that is being spoken is marked. */
export function TranscriptTable({ data, parties, player, selection, onListen }: TranscriptTableProps): JSX.Element {
  const { utterances } = data;
  const [filter, setFilter] = useState(EVERY_ROW);
  const rows = useMemo(() => filterRows(utterances, filter), [utterances, filter]);
  const select = useCallback(
    ({ timeMs, isPlaying }: Player) => (isPlaying ? (spokenAt(utterances, timeMs)?.id ?? null) : null),
    [utterances],
  );
  const spokenId = usePlayer(player, select);
  const selectedId = selection?.utteranceId ?? null;
  useLayoutEffect(() => {
    if (selectedId !== null && !filterRows(utterances, filter).some(({ id }) => id === selectedId))
      setFilter(EVERY_ROW);
  }, [selection]);
  useEffect(() => {
    if (selection !== null) reveal(rowId(selection.utteranceId));
  }, [selection]);
  return (
    <section class="rows card" aria-labelledby="rows-title">
      <header class="section-head rows-head">
        <h2 id="rows-title">
          Transcript{' '}
          <span class="muted count" aria-live="polite">
            {rows.length === utterances.length ? utterances.length : `${rows.length} of ${utterances.length}`}
          </span>
        </h2>
        <Filters data={data} parties={parties} filter={filter} onChange={setFilter} />
      </header>
      <ol>
        {rows.map((utterance) => (
          <TranscriptRow
            key={utterance.id}
            utterance={utterance}
            search={filter.search}
            tone={Math.min(
              parties.findIndex(({ participant }) => participant.id === utterance.participant.id),
              3,
            )}
            isSelected={utterance.id === selectedId}
            isSpoken={utterance.id === spokenId}
            onListen={onListen}
          />
        ))}
      </ol>
      {rows.length === 0 && (
        <p class="empty-inline muted">
          Nothing matches.{' '}
          <button type="button" class="button-quiet" onClick={() => setFilter(EVERY_ROW)}>
            Show all
          </button>
        </p>
      )}
    </section>
  );
}

function reveal(id: string): void {
  const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  document.getElementById(id)?.scrollIntoView({ block: 'center', behavior: isCalm ? 'auto' : 'smooth' });
}

interface FiltersProps {
  readonly data: ReportData;
  readonly parties: readonly Party[];
  readonly filter: RowFilter;
  readonly onChange: (filter: RowFilter) => void;
}

function Filters({ data: { utterances }, parties, filter, onChange }: FiltersProps): JSX.Element {
  const feelings = useMemo(() => presentFeelings(utterances), [utterances]);
  return (
    <search class="filters">
      <input
        type="search"
        aria-label="Search the words"
        placeholder="Search the words"
        value={filter.search}
        onInput={(event) => onChange({ ...filter, search: event.currentTarget.value })}
      />
      <select
        aria-label="Speaker"
        value={filter.speakerId ?? ''}
        onChange={(event) => onChange({ ...filter, speakerId: event.currentTarget.value || null })}
      >
        <option value="">All speakers</option>
        {parties.map(({ participant, name }) => (
          <option key={participant.id} value={participant.id}>
            {name}
          </option>
        ))}
      </select>
      <select
        aria-label="Emotion"
        value={filter.feeling ?? ''}
        onChange={(event) =>
          onChange({ ...filter, feeling: (event.currentTarget.value || null) as RowFilter['feeling'] })
        }
      >
        <option value="">All emotions</option>
        {feelings.map(({ feeling, name }) => (
          <option key={feeling} value={feeling}>
            {name}
          </option>
        ))}
      </select>
    </search>
  );
}

interface Feeling {
  readonly feeling: NonNullable<RowFilter['feeling']>;
  readonly name: string;
}

/** What the call has, so that no choice is empty. */
function presentFeelings(utterances: readonly ReportUtterance[]): Feeling[] {
  const scores = utterances.flatMap(({ score }) => score ?? []);
  const clear = new Set(scores.filter(({ emotion }) => !isUnclear(emotion)).map(({ emotion }) => emotion.label));
  const feelings: Feeling[] = EMOTION_LABELS.filter((label) => clear.has(label)).map((label) => ({
    feeling: label,
    name: EMOTION_NAMES[label],
  }));
  if (scores.some(({ emotion }) => isUnclear(emotion))) feelings.push({ feeling: 'unclear', name: UNCLEAR_NAME });
  if (scores.some(({ dissatisfaction }) => dissatisfaction?.likely === true)) {
    feelings.push({ feeling: 'dissatisfied', name: 'Dissatisfied' });
  }
  return feelings;
}
