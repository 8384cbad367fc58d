import { describe, expect, it } from 'vitest';
import { RtpHeader, SrtcpSession, SrtpSession } from 'werift';
import type { SrtpKeys } from '../../../../server/ingest/webrtc/dtls/key-schedule.ts';
import { SrtpTransport } from '../../../../server/ingest/webrtc/transport/srtp-transport.ts';
import { seededRandom } from '../../../support/e2e/seeded-random.ts';

const keysOf = (profile: 1 | 7): SrtpKeys => {
  const saltBytes = profile === 7 ? 12 : 14;
  const direction = (fill: number) => ({ key: Buffer.alloc(16, fill), salt: Buffer.alloc(saltBytes, fill) });
  return { profile, client: direction(1), server: direction(2) };
};

function pair(profile: 1 | 7) {
  const keys = keysOf(profile);
  const config = {
    keys: {
      localMasterKey: keys.client.key,
      localMasterSalt: keys.client.salt,
      remoteMasterKey: keys.server.key,
      remoteMasterSalt: keys.server.salt,
    },
    profile,
  };
  const [rtp, rtcp] = [new SrtpSession(config), new SrtcpSession(config)];
  const report = Buffer.alloc(28, 1);
  report.set([0x80, 200, 0, 6]);
  return {
    server: new SrtpTransport(keys),
    sealRtp: (sequenceNumber: number, ssrc = 5) =>
      rtp.encrypt(Buffer.from(`packet ${sequenceNumber}`), new RtpHeader({ payloadType: 111, ssrc, sequenceNumber })),
    sealRtcp: () => rtcp.encrypt(report),
    report,
    openRtcp: (bytes: Buffer) => rtcp.decrypt(bytes),
  };
}
const textOf = (packet: Buffer | string): string =>
  typeof packet === 'string' ? packet : packet.subarray(12).toString();

describe.each([7, 1] as const)('SRTP of profile %i', (profile) => {
  it('takes what the peer has encrypted, once, in any order, over the wrap of its numbers', () => {
    const { server, sealRtp } = pair(profile);
    const sealed = [65_533, 65_534, 65_535, 0, 1].map((sequence) => sealRtp(sequence));
    for (const [index, at] of [0, 2, 1, 4, 3].entries()) {
      expect(textOf(server.openRtp(sealed[at]!))).toBe(`packet ${[65_533, 65_535, 65_534, 1, 0][index]}`);
    }
    for (const bytes of sealed) expect(server.openRtp(bytes)).toBe('srtp-replayed');
  });

  it('goes on after many packets were lost where the numbers wrap', () => {
    const { server, sealRtp } = pair(profile);
    expect(textOf(server.openRtp(sealRtp(65_000)))).toBe('packet 65000');
    for (let sequence = 65_001; sequence < 65_536; sequence += 1) sealRtp(sequence);
    for (let sequence = 0; sequence < 400; sequence += 1) sealRtp(sequence);
    expect(textOf(server.openRtp(sealRtp(400)))).toBe('packet 400');
  });

  it('takes reports once, and only encrypted ones', () => {
    const { server, sealRtcp, report, openRtcp } = pair(profile);
    const sealed = sealRtcp();
    expect(server.openRtcp(sealed)).toEqual(report);
    expect(server.openRtcp(sealed)).toBe('srtp-replayed');
    expect(server.openRtcp(report)).toBe('srtp-malformed');
    const clear = Buffer.from(sealRtcp());
    clear[clear.length - (profile === 7 ? 4 : 14)]! &= 0x7f;
    expect(server.openRtcp(clear)).toBe('srtp-malformed');
    expect(openRtcp(server.sealRtcp(report))).toEqual(report);
  });

  it('takes nothing that was changed, whatever the change, and is not thrown off by it', () => {
    const { server, sealRtp, sealRtcp } = pair(profile);
    const random = seededRandom(9);
    for (let times = 0; times < 2000; times += 1) {
      const isReport = random() < 0.3;
      const bytes = Buffer.from(isReport ? sealRtcp() : sealRtp(times));
      const cut = random() < 0.3 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
      if (cut.length === bytes.length) cut[Math.floor(random() * cut.length)]! ^= 1 + Math.floor(random() * 255);
      expect(typeof (isReport ? server.openRtcp(cut) : server.openRtp(cut))).toBe('string');
    }
    expect(textOf(server.openRtp(sealRtp(2000)))).toBe('packet 2000');
  });

  it('knows so many sources, and no more', () => {
    const { server, sealRtp } = pair(profile);
    for (let ssrc = 0; ssrc < 32; ssrc += 1) expect(textOf(server.openRtp(sealRtp(7, ssrc)))).toBe('packet 7');
    expect(server.openRtp(sealRtp(7, 32))).toBe('srtp-too-many-sources');
    expect(textOf(server.openRtp(sealRtp(8, 31)))).toBe('packet 8');
  });
});
