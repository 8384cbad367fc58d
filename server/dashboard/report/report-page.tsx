import type { JSX } from 'preact';
import { useCallback, useMemo, useState } from 'preact/hooks';
import { EmotionPatterns } from '../charts/emotion-patterns.tsx';
import { Icon } from '../views/icon.tsx';
import { summarizeCall } from './call-summary.ts';
import { MeasuresPanel } from './measures-panel.tsx';
import { MomentsPanel } from './moments-panel.tsx';
import type { Player } from './player.ts';
import { PlayerBar } from './player-bar.tsx';
import type { ReportData, ReportUtterance } from './report-data.ts';
import { ReportHead } from './report-head.tsx';
import { ReportTimeline } from './report-timeline.tsx';
import { type Selection, TranscriptTable } from './transcript-table.tsx';
import { VerdictPanel } from './verdict-panel.tsx';

/** A finished call on one page: how it went, where to listen, timeline, transcript. */
export function ReportPage({ data, player }: { data: ReportData; player: Player }): JSX.Element {
  const summary = useMemo(() => summarizeCall(data), [data]);
  const [selection, setSelection] = useState<Selection | null>(null);
  const listen = useCallback(
    (utterance: Pick<ReportUtterance, 'id' | 'startMs'>, fromMs = utterance.startMs): void => {
      setSelection({ utteranceId: utterance.id });
      player.playFrom(fromMs);
    },
    [player],
  );
  const listenAt = useCallback(
    (timeMs: number): void => {
      const spoken = data.utterances.findLast(({ startMs }) => startMs <= timeMs) ?? data.utterances[0];
      if (spoken !== undefined) listen(spoken, timeMs);
    },
    [data, listen],
  );
  return (
    <>
      <EmotionPatterns />
      <main class="page report" id="main">
        <ReportHead data={data} summary={summary} onListen={listenAt} />
        {summary.parties.length === 0 ? (
          <section class="empty card">
            <Icon name="voice" sizePx={40} />
            <h2>Nobody spoke</h2>
            <p class="muted">No utterance was found in this recording.</p>
          </section>
        ) : (
          <>
            <div class="report-first">
              <VerdictPanel summary={summary} />
              <MeasuresPanel summary={summary} durationMs={data.durationMs} onListen={listenAt} />
              <MomentsPanel moments={summary.moments} onListen={listen} />
            </div>
            <ReportTimeline data={data} parties={summary.parties} player={player} onListenAt={listenAt} />
            <TranscriptTable
              data={data}
              parties={summary.parties}
              player={player}
              selection={selection}
              onListen={listen}
            />
          </>
        )}
        <footer class="report-foot muted">
          Made by Undertone on this computer. Emotions are estimates of a model, not facts about a person.
          {!data.showsAgentEmotions && ' The emotions of agents are off, and this file does not hold them.'}
        </footer>
      </main>
      {player.hasSound && <PlayerBar player={player} durationMs={data.durationMs} />}
    </>
  );
}
