import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { EmotionPatterns } from '../charts/emotion-patterns.tsx';
import { formatDuration } from '../state/format.ts';
import { sessionLanes } from '../state/lanes.ts';
import { applyEvents, emptySessionView } from '../state/session-view.ts';
import { CallTimeline } from '../views/call-timeline.tsx';
import { Icon } from '../views/icon.tsx';
import { ThemeToggle } from '../views/theme-toggle.tsx';
import { TranscriptList } from '../views/transcript-list.tsx';
import type { ReportData } from './report-data.ts';
import { ReportSummary } from './report-summary.tsx';

/** A finished call on one page: summary, timeline, transcript. */
export function ReportPage({ data }: { data: ReportData }): JSX.Element {
  const view = useMemo(() => applyEvents(emptySessionView(''), data.events), [data]);
  const lanes = useMemo(() => sessionLanes({ ...view, status: 'ended' }), [view]);
  const [selectedId, setSelectedId] = useState<string | null>(null);
  return (
    <>
      <EmotionPatterns />
      <main class="page report" id="main">
        <header class="report-head">
          <div>
            <h1 dir="auto">{data.title}</h1>
            <p class="muted">
              {data.sourceFileName !== data.title && (
                <>
                  <bdi>{data.sourceFileName}</bdi> ·{' '}
                </>
              )}
              {formatDuration(data.durationMs)} · Model {data.modelId}
            </p>
          </div>
          <ThemeToggle />
        </header>
        {lanes.length === 0 ? (
          <section class="empty card">
            <Icon name="voice" sizePx={40} />
            <h2>Nobody spoke</h2>
            <p class="muted">No utterance was found in this recording.</p>
          </section>
        ) : (
          <>
            <ReportSummary lanes={lanes} />
            <CallTimeline
              lanes={lanes}
              nowMs={data.durationMs}
              isLive={false}
              initialZoom="all"
              selectedId={selectedId}
              onSelect={setSelectedId}
            />
            <TranscriptList
              utterances={view.utterances}
              isLive={false}
              isWhole
              selectedId={selectedId}
              onSelect={setSelectedId}
              initialOrder="oldest-first"
            />
          </>
        )}
        <footer class="report-foot muted">
          Made by Undertone on this computer. Emotions are estimates of a model, not facts about a person.
        </footer>
      </main>
    </>
  );
}
