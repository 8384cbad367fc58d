import type { AttackContext } from '../../attack/attack-case.ts';
import type { ServerUnderAttack } from '../../attack/server-under-attack.ts';
import type { AttackerOptions } from './webrtc-attacker.ts';

export const ATTACKED_TOKEN = 'a-token-of-the-webrtc-attacks';

/** The server of all WebRTC attacks of one area. Also returns what a peer needs to reach it. */
export async function startForPeers(
  attack: AttackContext,
): Promise<{ server: ServerUnderAttack; peer: Pick<AttackerOptions, 'url' | 'headers'> }> {
  const server = await attack.share({ token: ATTACKED_TOKEN });
  return { server, peer: { url: server.url, headers: server.headers } };
}
