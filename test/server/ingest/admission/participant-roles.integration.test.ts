import { afterEach, describe, expect, it } from 'vitest';
import { PARTICIPANT_ROLES, type ParticipantRole } from '../../../../client-sdk/protocol/index.ts';
import { signToken } from '../../../../server/access/sign-token.ts';
import type { Config } from '../../../../server/config/config-schema.ts';
import { RecallPeer } from '../../../support/meetings/recall-peer.ts';
import { ZOOM_CONFIG, ZoomRtmsPeer } from '../../../support/meetings/zoom-rtms-peer.ts';
import { Publisher } from '../../../support/server/peers.ts';
import { startTestServer, type TestServer } from '../../../support/server/test-server.ts';
import { AudioHookPeer } from '../../../support/telephony/audiohook-peer.ts';
import { FreeSwitchPeer } from '../../../support/telephony/freeswitch-peer.ts';
import { TwilioPeer } from '../../../support/telephony/twilio-peer.ts';
import { sampleOpusPackets } from '../../../support/webrtc/encoded-media.ts';
import { RtpPublisher } from '../../../support/webrtc/rtp-publisher.ts';

/** 200 ms of two channels of 8 kHz µ-law, or 100 ms of one of 16 kHz L16. */
const SOUND = new Uint8Array(3200);
const SECRET = 'a-secret-of-some-length-and-more';

let server: TestServer;
/** Role of each participant's first track, as the pipeline is told it. */
const told = new Map<string, ParticipantRole>();
const closing: (() => Promise<unknown>)[] = [];

async function start(config: Partial<Config> = {}): Promise<void> {
  told.clear();
  server = await startTestServer({
    config,
    script: { onFrame: (frame) => frame.kind === 'track' && told.set(frame.participant.id, frame.participant.role) },
  });
}
afterEach(async () => {
  await server.close();
  for (const close of closing.splice(0)) await close();
});

const roles = (expected: Record<string, ParticipantRole>) =>
  expect.poll(() => Object.fromEntries(told)).toEqual(expected);
const eachRole = it.each(PARTICIPANT_ROLES);

/** Each telephone platform's way of a call with both parties, of whom `parameters` may tell something. */
const CALLS = {
  Twilio: {
    far: 'inbound',
    near: 'outbound',
    async place(parameters: Record<string, string>) {
      const peer = await new TwilioPeer({ socketUrl: server.socketUrl, parameters }).start();
      peer.sendMedia('inbound', 0, new Uint8Array(160));
      peer.sendMedia('outbound', 0, new Uint8Array(160));
    },
  },
  AudioHook: {
    far: 'external',
    near: 'internal',
    async place(customConfig: Record<string, string>) {
      const peer = new AudioHookPeer({ socketUrl: server.socketUrl });
      await peer.open({ customConfig });
      peer.sendAudio(SOUND, 1600);
    },
  },
  FreeSWITCH: {
    far: 'caller',
    near: 'callee',
    async place(parameters: Record<string, string>) {
      const peer = new FreeSwitchPeer({ socketUrl: server.socketUrl });
      await peer.start(JSON.stringify({ mix: 'stereo', rate: 16_000, ...parameters }));
      peer.sendAudio(SOUND);
    },
  },
};

describe.each(Object.entries(CALLS))('the parties of a call by %s', (_platform, { far, near, place }) => {
  it('are a customer and an agent where nothing is told, by the channel that they are on', async () => {
    await start();
    await place({});
    await roles({ [far]: 'customer', [near]: 'agent' });
  });

  eachRole('have the roles of the configuration, such as %s', async (role) => {
    await start({ telephonyRoles: { far: role, near: 'attendee' } });
    await place({});
    await roles({ [far]: role, [near]: 'attendee' });
  });

  eachRole('may be told to be %s by the platform, whatever the configuration says', async (role) => {
    await start({ telephonyRoles: { far: 'attendee', near: 'attendee' } });
    await place({ [`${far}Role`]: role });
    await roles({ [far]: role, [near]: 'attendee' });
  });

  it('keep their roles where what is told is none', async () => {
    await start();
    await place({ [`${far}Role`]: 'emperor' });
    await roles({ [far]: 'customer', [near]: 'agent' });
  });
});

describe('the participants of a meeting', () => {
  eachRole('of Recall.ai are of the configuration’s role, the host of its own, such as %s', async (role) => {
    await start({ meetingRoles: { attendee: 'customer', host: role } });
    const recall = await new RecallPeer({ socketUrl: server.socketUrl }).opened();
    recall.sendAudio({ id: 100, name: 'Ann Example', isHost: true }, 1000, SOUND);
    recall.sendAudio({ id: 200, name: null }, 1000, SOUND);
    await roles({ 100: role, 200: 'customer' });
    await recall.end();
  });

  eachRole('of Zoom, who tells no host, are of the configuration’s role, such as %s', async (role) => {
    const zoom = await ZoomRtmsPeer.open();
    closing.push(() => zoom.close());
    await start({
      ...ZOOM_CONFIG,
      zoomServers: [zoom.origin],
      meetingRoles: { attendee: role, host: 'agent' },
    });
    await zoom.start(server.url);
    zoom.sendAudio({ id: 1, name: 'Ann Example' }, Date.UTC(2026, 0, 1, 10), SOUND);
    await roles({ 1: role });
  });
});

describe('a publisher’s participant', () => {
  const bearer = (role: ParticipantRole) => signToken(SECRET, { role }, Date.now() / 1000 + 60);

  it('by WebSocket has the role that each of its tracks is added with, else an unknown one', async () => {
    await start();
    const publisher = await new Publisher(server.socketUrl).start('call', 'nobody');
    for (const [index, role] of PARTICIPANT_ROLES.entries()) {
      const participant = { id: `by-track-${role}`, role };
      publisher.send({ type: 'track.add', track: 10 + index, participant, media: { kind: 'transcript' } });
    }
    const byTrack = Object.fromEntries(PARTICIPANT_ROLES.map((role) => [`by-track-${role}`, role]));
    await roles({ nobody: 'unknown', ...byTrack });
  });

  eachRole('by WebSocket is of the role %s that its token grants, whatever the track says', async (role) => {
    await start({ token: SECRET });
    const headers = { Authorization: `Bearer ${await bearer(role)}` };
    const publisher = await new Publisher(server.socketUrl, headers).start('call');
    const participant = { id: 'ben', role: 'attendee' } as const;
    publisher.send({ type: 'track.add', track: 2, participant, media: { kind: 'transcript' } });
    await roles({ ann: role, ben: role });
  });

  async function publishByWhip(query: string, token?: string): Promise<void> {
    const { customer: voice } = await sampleOpusPackets(100);
    const url = `${server.url}/v1/whip?participant=ann${query}`;
    const peer = await new RtpPublisher({ url, voice, film: null, ...(token !== undefined && { token }) }).connect();
    await peer.play();
    await peer.leave();
  }

  eachRole('by WHIP has the role %s that the address tells', async (role) => {
    await start({ webrtcPort: 0 });
    await publishByWhip(`&role=${role}`);
    await roles({ ann: role });
  });

  eachRole('by WHIP is of the role %s that its token grants, whatever the address tells', async (role) => {
    await start({ webrtcPort: 0, token: SECRET });
    await publishByWhip('&role=attendee', await bearer(role));
    await roles({ ann: role });
  });

  it('by WHIP has an unknown one where nothing tells it', async () => {
    await start({ webrtcPort: 0 });
    await publishByWhip('');
    await roles({ ann: 'unknown' });
  });
});
