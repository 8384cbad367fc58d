import { type AccessControl, presentedToken } from '../../access/access-control.ts';
import { grantOfPlatform } from '../../access/grant.ts';
import type { PlatformRoute } from '../../ports/socket-route.ts';
import type { IngestPort } from '../admission/ingest-port.ts';
import { RecallAccess } from '../recall/recall-access.ts';
import { MAX_RECALL_MESSAGE_BYTES, RecallConnection } from '../recall/recall-connection.ts';
import { readRecallWords } from '../recall/recall-words.ts';
import type { SourceContext, SourceLimits } from '../sockets/source-socket.ts';
import type { MeetingRoles } from './attendee.ts';
import { Meetings } from './meetings.ts';

/** Settings of all meeting platforms. */
export interface MeetingSettings {
  readonly limits: SourceLimits;
  readonly roles: MeetingRoles;
  /** How far media time may run ahead of the wall clock, in ms. */
  readonly maxLeadMs: number;
}

export interface RecallSettings {
  readonly secret: string | undefined;
  readonly token: string | undefined;
  readonly signatureOnce: boolean;
}

export interface MeetingRoutesOptions extends SourceContext, MeetingSettings {
  readonly recall: RecallSettings;
  readonly access: AccessControl;
  readonly ingest: IngestPort;
}

/** Recall.ai requires a slash before the query, and connects to exactly the given address. */
const RECALL_PATHS = ['/v1/recall', '/v1/recall/'];

/** The routes to which meeting platforms connect. Each platform authenticates in its own way. */
export function meetingRoutes(options: MeetingRoutesOptions): PlatformRoute[] {
  const { recall, limits, roles, maxLeadMs, access, ingest, ...context } = options;
  const meetings = new Meetings({
    platform: 'recall',
    ingest,
    meter: context.meter,
    roles,
    maxLeadMs,
    readWords: readRecallWords,
  });
  const proof = new RecallAccess({ ...recall, clock: context.clock });
  return RECALL_PATHS.map((path) => ({
    path,
    subprotocol: null,
    maxPayload: 2 * MAX_RECALL_MESSAGE_BYTES,
    access: {
      platform: 'recall',
      admit(request) {
        const { headers, url = '/' } = request;
        if (proof.isOpen) return access.proveToken(request, 'recall', presentedToken(headers));
        return access.prove(request, 'recall', () =>
          proof.allows({ headers, url }) ? grantOfPlatform('recall') : null,
        );
      },
    },
    accept(socket, _request, grant) {
      new RecallConnection({ ...context, socket, limits, meetings, grant });
    },
  }));
}
