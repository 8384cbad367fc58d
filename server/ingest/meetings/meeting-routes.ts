import { type AccessControl, presentedToken } from '../../access/access-control.ts';
import { grantOfPlatform } from '../../access/grant.ts';
import type { IngestPort } from '../admission/ingest-port.ts';
import { RecallAccess } from '../recall/recall-access.ts';
import { MAX_RECALL_MESSAGE_BYTES, RecallConnection } from '../recall/recall-connection.ts';
import { readRecallWords } from '../recall/recall-words.ts';
import type { SourceRoute } from '../sockets/source-route.ts';
import type { SourceContext, SourceLimits } from '../sockets/source-socket.ts';
import type { MeetingRoles } from './attendee.ts';
import { Meetings } from './meetings.ts';

/** Settings of the meeting platforms that connect to us; the names are those of the configuration. */
export interface MeetingConfig extends SourceLimits {
  readonly meetingRoles: MeetingRoles;
  readonly maxLeadMs: number;
  readonly recallSecret?: string | undefined;
  readonly recallToken?: string | undefined;
  readonly recallSignatureOnce: boolean;
}

export interface MeetingRoutesOptions extends SourceContext {
  readonly config: MeetingConfig;
  readonly access: AccessControl;
  readonly port: IngestPort;
}

/** Recall.ai wants a slash before the query, and connects to exactly the address that it was told. */
const RECALL_PATHS = ['/v1/recall', '/v1/recall/'];

/** Where meeting platforms bring their meetings. Each proves itself in the way that its platform knows. */
export function meetingRoutes({ config, access, port, ...context }: MeetingRoutesOptions): SourceRoute[] {
  const { meetingRoles: roles, maxLeadMs, recallSecret: secret, recallToken: token } = config;
  const meetings = new Meetings({
    platform: 'recall',
    port,
    meter: context.meter,
    roles,
    maxLeadMs,
    readWords: readRecallWords,
  });
  const proof = new RecallAccess({ secret, token, signatureOnce: config.recallSignatureOnce, clock: context.clock });
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
      new RecallConnection({ ...context, socket, limits: config, meetings, grant });
    },
  }));
}
