import { Component, type JSX } from 'preact';
import { participantName } from '../../../client-sdk/protocol/index.ts';
import { describeEmotion } from '../state/certainty.ts';
import { describeDissatisfaction } from '../state/dissatisfaction.ts';
import { formatMediaTime, formatPercent, formatSentiment } from '../state/format.ts';
import type { Lane } from '../state/lanes.ts';
import type { ScoredUtterance } from '../state/session-view.ts';

/** Rows of the table: only the newest utterances, so that it stays quick to read and to draw. */
const MAX_ROWS = 200;

interface TimelineTableProps {
  readonly lanes: readonly Lane[];
}

/** The timeline as a table, closed at first. It is drawn again only when utterances have changed. */
export class TimelineTable extends Component<TimelineTableProps, { isOpen: boolean }> {
  override state = { isOpen: false };

  override shouldComponentUpdate(next: TimelineTableProps, state: { isOpen: boolean }): boolean {
    return state.isOpen !== this.state.isOpen || (state.isOpen && next.lanes !== this.props.lanes);
  }

  override render({ lanes }: TimelineTableProps): JSX.Element {
    return (
      <details class="timeline-table" onToggle={(event) => this.setState({ isOpen: event.currentTarget.open })}>
        <summary>Timeline as a table</summary>
        {this.state.isOpen && <Table utterances={newest(lanes)} />}
      </details>
    );
  }
}

function newest(lanes: readonly Lane[]): ScoredUtterance[] {
  return lanes
    .flatMap((lane) => lane.scored.slice(-MAX_ROWS))
    .sort((a, b) => a.startMs - b.startMs)
    .slice(-MAX_ROWS);
}

function Table({ utterances }: { utterances: readonly ScoredUtterance[] }): JSX.Element {
  const hasDissatisfaction = utterances.some(({ score }) => score.dissatisfaction !== undefined);
  return (
    <div class="table-scroll">
      <table>
        <caption class="visually-hidden">The newest {MAX_ROWS} utterances at most, oldest first</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Speaker</th>
            <th scope="col">Emotion</th>
            <th scope="col">Confidence</th>
            <th scope="col">Sentiment</th>
            {hasDissatisfaction && <th scope="col">Dissatisfaction</th>}
          </tr>
        </thead>
        <tbody>
          {utterances.map(({ id, startMs, participant, score }) => (
            <tr key={id}>
              <td>{formatMediaTime(startMs)}</td>
              <th scope="row" dir="auto">
                {participantName(participant)}
              </th>
              <td>{describeEmotion(score.emotion)}</td>
              <td>{formatPercent(score.emotion.confidence)}</td>
              <td>{formatSentiment(score.sentiment.score)}</td>
              {hasDissatisfaction && (
                <td>{score.dissatisfaction === undefined ? '–' : describeDissatisfaction(score.dissatisfaction)}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
