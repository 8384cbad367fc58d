import { type Participant, participantName } from '../../../client-sdk/protocol/index.ts';
import { type CallMoments, callMoments } from '../../report/measures/call-moments.ts';
import { type Interruption, interruptions } from '../../report/measures/interruptions.ts';
import { longestMonologue, type Monologue } from '../../report/measures/longest-monologue.ts';
import { isScored, type ScoredUtterance } from '../../report/measures/measured-utterance.ts';
import { type MutualSilence, mutualSilence } from '../../report/measures/mutual-silence.ts';
import { type SentimentCourse, sentimentCourse } from '../../report/measures/sentiment-course.ts';
import { type TalkShare, talkShares } from '../../report/measures/talk-share.ts';
import type { ReportData, ReportUtterance } from './report-data.ts';

/** Most moments of each kind on the first screen. */
const MOMENTS = 3;
const ROLE_ORDER = ['customer', 'unknown', 'attendee', 'agent'];

/** One participant's part of the call. */
export interface Party {
  readonly participant: Participant;
  readonly name: string;
  /** Whether the report shows no emotions of this participant. */
  readonly hidesEmotions: boolean;
  readonly utterances: readonly ReportUtterance[];
  readonly scored: readonly ScoredUtterance<ReportUtterance>[];
  readonly talk: TalkShare;
  /** Null: fewer than two scored utterances. */
  readonly course: SentimentCourse | null;
}

/** What the first screen tells. */
export interface CallSummary {
  /** Customers first, agents last, otherwise in order of first appearance. */
  readonly parties: readonly Party[];
  readonly silence: MutualSilence;
  readonly interruptions: readonly Interruption[];
  readonly monologue: Monologue | null;
  readonly moments: CallMoments<ReportUtterance>;
}

/** Computes all measures of a call. */
export function summarizeCall({ utterances, durationMs, showsAgentEmotions }: ReportData): CallSummary {
  const spoken = Map.groupBy(utterances, ({ participant }) => participant.id);
  const parties = talkShares(utterances).map((talk): Party => {
    const own = spoken.get(talk.participantId) ?? [];
    const { participant } = own.at(-1)!;
    return {
      participant,
      name: participantName(participant),
      hidesEmotions: participant.role === 'agent' && !showsAgentEmotions,
      utterances: own,
      scored: own.filter(isScored),
      talk,
      course: sentimentCourse(own),
    };
  });
  const rank = ({ participant }: Party): number => ROLE_ORDER.indexOf(participant.role);
  return {
    parties: parties.sort((a, b) => rank(a) - rank(b)),
    silence: mutualSilence(utterances, durationMs),
    interruptions: interruptions(utterances),
    monologue: longestMonologue(utterances),
    moments: callMoments(utterances, MOMENTS),
  };
}
