import type { JSX } from 'preact';
import { formatDuration, formatMediaTime, formatPercent } from '../state/format.ts';
import type { CallSummary } from './call-summary.ts';

/** Interruptions that are named with their time. The rest is counted. */
const MOST_TIMES = 6;

interface MeasuresPanelProps {
  readonly summary: CallSummary;
  readonly durationMs: number;
  readonly onListen: (timeMs: number) => void;
}

/** Who talks how much, silence, interruptions and the longest monologue. */
export function MeasuresPanel({ summary, onListen }: MeasuresPanelProps): JSX.Element {
  const { parties, silence, interruptions, monologue } = summary;
  const nameOf = (id: string): string => parties.find(({ participant }) => participant.id === id)?.name ?? id;
  const pairs = [...Map.groupBy(interruptions, ({ byId, onId }) => `${byId}\n${onId}`).values()];
  return (
    <section class="measures card" aria-labelledby="measures-title">
      <h2 id="measures-title" class="visually-hidden">
        The conversation
      </h2>
      <dl>
        <div class="measure">
          <dt>Talk share</dt>
          <dd>
            <TalkBar parties={parties} />
            <ul>
              {parties.map(({ participant, name, talk }, at) => (
                <li key={participant.id}>
                  <span class={`talk-key talk-${Math.min(at, 3)}`} aria-hidden="true" />
                  <bdi>{name}</bdi> <b>{formatPercent(talk.share)}</b>
                </li>
              ))}
            </ul>
          </dd>
        </div>
        <div class="measure">
          <dt>Silence</dt>
          <dd>
            <b>{formatPercent(silence.share)}</b>
            {silence.longest !== null && (
              <span>
                longest {formatDuration(silence.longest.endMs - silence.longest.startMs)} at{' '}
                <TimeLink timeMs={silence.longest.startMs} onListen={onListen} />
              </span>
            )}
          </dd>
        </div>
        <div class="measure">
          <dt>Interruptions</dt>
          <dd>
            {pairs.length === 0 ? (
              <b>none</b>
            ) : (
              <ul>
                {pairs.map((pair) => (
                  <li key={`${pair[0]?.byId} ${pair[0]?.onId}`}>
                    <b>{pair.length}</b>
                    <span>
                      <bdi>{nameOf(pair[0]?.byId ?? '')}</bdi>
                      {parties.length > 2 && (
                        <>
                          {' '}
                          on <bdi>{nameOf(pair[0]?.onId ?? '')}</bdi>
                        </>
                      )}
                      {': '}
                      {pair.slice(0, MOST_TIMES).map(({ atMs }) => (
                        <TimeLink key={atMs} timeMs={atMs} onListen={onListen} />
                      ))}
                      {pair.length > MOST_TIMES && <span class="muted">and {pair.length - MOST_TIMES} more</span>}
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </dd>
        </div>
        {monologue !== null && (
          <div class="measure">
            <dt>Longest monologue</dt>
            <dd>
              <b>{formatDuration(monologue.endMs - monologue.startMs)}</b>
              <span>
                <bdi>{nameOf(monologue.participantId)}</bdi> at{' '}
                <TimeLink timeMs={monologue.startMs} onListen={onListen} />
              </span>
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}

/** A time of the call. A click plays from there. */
export function TimeLink({ timeMs, onListen }: { timeMs: number; onListen: (timeMs: number) => void }): JSX.Element {
  return (
    <button type="button" class="time-link" onClick={() => onListen(timeMs)}>
      {formatMediaTime(timeMs)}
    </button>
  );
}

function TalkBar({ parties }: Pick<CallSummary, 'parties'>): JSX.Element {
  let from = 0;
  return (
    <svg class="share-bar" width="100%" height="10" aria-hidden="true">
      {parties.map(({ participant, talk }, at) => {
        const x = from;
        from += talk.share;
        return (
          <rect
            key={participant.id}
            class={`talk-${Math.min(at, 3)}`}
            x={`${x * 100}%`}
            width={`${talk.share * 100}%`}
            height="10"
          />
        );
      })}
    </svg>
  );
}
