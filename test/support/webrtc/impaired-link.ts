import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Clock, systemClock } from '../../../pipeline/index.ts';
import { seededRandom } from '../e2e/seeded-random.ts';
import { sleepOn } from '../server/patient-clock.ts';

/** What a link does to datagrams in each direction. */
export interface Impairment {
  /** Share of lost datagrams, 0…1. */
  readonly loss?: number;
  /** Share of datagrams that arrive twice. */
  readonly duplication?: number;
  /** Longest delay, in ms. Each datagram has its own delay, so datagrams may overtake each other. */
  readonly jitterMs?: number;
  readonly seed?: number;
}

export interface ImpairedLink extends AsyncDisposable {
  /** Port that peers send to instead of the server's. */
  readonly port: number;
  readonly counts: { passed: number; lost: number; doubled: number; overtaken: number };
  /** Impairs the link from now on. */
  impair(impairment: Impairment): void;
  /** Blocks all datagrams from now on, as when a cable is pulled. */
  cut(): void;
}

/**
 * A UDP link on loopback between any number of peers and one server. It is perfect until it is impaired.
 *
 * @param clock - measures delays.
 */
export async function openImpairedLink(serverPort: number, clock: Clock = systemClock): Promise<ImpairedLink> {
  let { loss = 0, duplication = 0, jitterMs = 0 }: Impairment = {};
  let random = seededRandom(1);
  const counts = { passed: 0, lost: 0, doubled: 0, overtaken: 0 };
  const front = createSocket('udp4');
  const backs = new Map<string, Promise<Socket>>();
  let isCut = false;
  let newest = 0;
  let sent = 0;

  const cross = async (send: () => void): Promise<void> => {
    if (isCut) return;
    if (random() < loss) {
      counts.lost += 1;
      return;
    }
    const number = ++sent;
    const copies = random() < duplication ? 2 : 1;
    if (copies === 2) counts.doubled += 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const waitMs = random() * jitterMs;
      void (waitMs < 1 ? Promise.resolve() : sleepOn(clock, waitMs)).then(() => {
        if (isCut) return;
        counts.passed += 1;
        if (number < newest) counts.overtaken += 1;
        newest = Math.max(newest, number);
        send();
      });
    }
  };

  const openBack = async (peer: RemoteInfo): Promise<Socket> => {
    const back = createSocket('udp4');
    back.bind(0, '127.0.0.1');
    await once(back, 'listening');
    back.on('message', (bytes) => void cross(() => front.send(bytes, peer.port, peer.address, () => {})));
    return back;
  };

  front.on('message', async (bytes, peer) => {
    const name = `${peer.address} ${peer.port}`;
    const opening = backs.get(name) ?? openBack(peer);
    backs.set(name, opening);
    const back = await opening;
    await cross(() => back.send(bytes, serverPort, '127.0.0.1', () => {}));
  });
  front.bind(0, '127.0.0.1');
  await once(front, 'listening');
  return {
    port: front.address().port,
    counts,
    impair(impairment) {
      ({ loss = 0, duplication = 0, jitterMs = 0 } = impairment);
      random = seededRandom(impairment.seed ?? 1);
    },
    cut() {
      isCut = true;
    },
    async [Symbol.asyncDispose]() {
      isCut = true;
      for (const back of await Promise.all(backs.values())) back.close();
      front.close();
      await once(front, 'close');
    },
  };
}
