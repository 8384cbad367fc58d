import type { JSX } from 'preact';
import { formatDuration, formatMediaTime } from '../state/format.ts';
import { Icon } from '../views/icon.tsx';
import { ThemeToggle } from '../views/theme-toggle.tsx';
import type { CallSummary } from './call-summary.ts';
import { toCsv } from './export-csv.ts';
import { toExportJson } from './export-json.ts';
import type { ReportData } from './report-data.ts';
import { saveFile } from './save-file.ts';

interface ReportHeadProps {
  readonly data: ReportData;
  readonly summary: CallSummary;
  readonly onListen: (timeMs: number) => void;
}

/** Title, exports and warnings. */
export function ReportHead({ data, summary, onListen }: ReportHeadProps): JSX.Element {
  const name = data.sourceFileName.replace(/\.[^.]*$/, '');
  return (
    <>
      <header class="report-head">
        <div class="report-title">
          <h1 dir="auto">{data.title}</h1>
          <p class="muted">
            {data.sourceFileName !== data.title && (
              <>
                <bdi>{data.sourceFileName}</bdi> ·{' '}
              </>
            )}
            {formatDuration(data.durationMs)} · {data.utterances.length}{' '}
            {data.utterances.length === 1 ? 'utterance' : 'utterances'} · Model {data.modelId}
          </p>
        </div>
        <div class="report-actions">
          <button
            type="button"
            class="button-quiet"
            aria-label="Save the utterances as CSV"
            onClick={() => saveFile(`${name}.csv`, 'text/csv', toCsv(data))}
          >
            CSV
          </button>
          <button
            type="button"
            class="button-quiet"
            aria-label="Save measures and utterances as JSON"
            onClick={() => saveFile(`${name}.json`, 'application/json', toExportJson(data, summary))}
          >
            JSON
          </button>
          <ThemeToggle />
        </div>
      </header>
      {data.warnings.length > 0 && <Warnings warnings={data.warnings} onListen={onListen} />}
    </>
  );
}

function Warnings(props: { warnings: ReportData['warnings']; onListen: (timeMs: number) => void }): JSX.Element {
  return (
    <section class="report-warnings" aria-label="Warnings">
      <ul>
        {props.warnings.map(({ message, startMs }, at) => (
          <li key={at}>
            <Icon name="alert" sizePx={16} />
            {startMs !== undefined && (
              <button type="button" class="time-link" onClick={() => props.onListen(startMs)}>
                {formatMediaTime(startMs)}
              </button>
            )}
            <span dir="auto">{message}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
