import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bindingSuccess, parseBindingRequest } from '../../../../server/ingest/webrtc/ice/stun-message.ts';
import { type Path, UdpMux } from '../../../../server/ingest/webrtc/ice/udp-mux.ts';
import { bindingRequest, isSignedResponse, mappedAddress } from '../../../support/webrtc/stun-client.ts';

describe('one UDP port for all peers', () => {
  let mux: UdpMux;
  let client: Socket;
  let nowMs: number;
  let dropped: string[];

  beforeEach(async () => {
    [nowMs, dropped] = [0, []];
    mux = await openMux(0);
    client = createSocket('udp4');
    client.bind(0, '127.0.0.1');
    await once(client, 'listening');
  });
  afterEach(async () => {
    client.close();
    await mux.close();
  });

  const openMux = (port: number) =>
    UdpMux.open({
      host: '127.0.0.1',
      port,
      now: () => nowMs,
      onDropped: (reason) => dropped.push(reason),
      onFault: (error) => {
        throw error;
      },
    });
  const send = (bytes: Buffer) => client.send(bytes, mux.port, '127.0.0.1');
  const answerTo = async (bytes: Buffer): Promise<Buffer | null> => {
    const message = once(client, 'message');
    send(bytes);
    return Promise.race([message.then(([answer]) => answer as Buffer), delay(100).then(() => null)]);
  };
  const addPeer = () => {
    const received: string[] = [];
    const paths: Path[] = [];
    let alive = 0;
    const peer = mux.add({
      onDatagram: (bytes, path) => {
        received.push(bytes.toString());
        paths.push(path);
      },
      onAlive: () => {
        alive += 1;
      },
    });
    return { peer, received, paths, alive: () => alive };
  };

  it('answers a signed check with where it came from, signed', async () => {
    const { peer, alive } = addPeer();
    const { bytes, transactionId } = bindingRequest({ username: `${peer.ufrag}:theirs`, password: peer.password });
    const answer = await answerTo(bytes);
    expect(mappedAddress(answer!, transactionId)).toEqual({ address: '127.0.0.1', port: client.address().port });
    expect(isSignedResponse(answer!, peer.password)).toBe(true);
    expect(alive()).toBe(1);
    expect(peer.isReachable).toBe(false);
  });

  it('sends nothing to whoever does not know the password', async () => {
    const { peer, alive } = addPeer();
    const wrong = [
      bindingRequest({ username: `${peer.ufrag}:theirs`, password: 'wrong' }).bytes,
      bindingRequest({ username: 'other:theirs', password: peer.password }).bytes,
      bindingRequest({ username: peer.ufrag, password: peer.password }).bytes,
      bindingRequest({ username: `${peer.ufrag}:theirs`, password: peer.password }).bytes.subarray(0, -1),
      Buffer.from('hello'),
    ];
    for (const bytes of wrong) expect(await answerTo(bytes)).toBeNull();
    expect(alive()).toBe(0);
  });

  it('gives a peer what comes from an address that it has proved, and answers there', async () => {
    const [one, other] = [addPeer(), addPeer()];
    send(Buffer.from('early'));
    await answerTo(
      bindingRequest({ username: `${one.peer.ufrag}:x`, password: one.peer.password, nominates: true }).bytes,
    );
    expect(one.peer.isReachable).toBe(true);
    send(Buffer.from('media'));
    await expect.poll(() => one.received).toEqual(['media']);
    expect(other.received).toEqual([]);
    const message = once(client, 'message');
    other.peer.send(Buffer.from('nowhere'));
    one.peer.send(Buffer.from('report'));
    expect(String((await message)[0])).toBe('report');
  });

  const openClient = async (): Promise<Socket> => {
    const other = createSocket('udp4');
    other.bind(0, '127.0.0.1');
    await once(other, 'listening');
    return other;
  };

  it('answers on a new path once something genuine came from it, and not before', async () => {
    const { peer, received, paths, alive } = addPeer();
    const check = { username: `${peer.ufrag}:x`, password: peer.password };
    await answerTo(bindingRequest({ ...check, nominates: true }).bytes);
    const second = await openClient();
    second.send(bindingRequest(check).bytes, mux.port, '127.0.0.1');
    await once(second, 'message');
    second.send('from elsewhere', mux.port, '127.0.0.1');
    await expect.poll(() => received).toEqual(['from elsewhere']);
    expect(alive()).toBe(2);
    const first = once(client, 'message');
    peer.send(Buffer.from('to the first'));
    expect(String((await first)[0])).toBe('to the first');
    peer.use(paths[0]!);
    const moved = once(second, 'message');
    peer.send(Buffer.from('to the second'));
    expect(String((await moved)[0])).toBe('to the second');
    second.close();
  });

  it('leaves a peer its address, whoever claims it, until it has been silent for some time', async () => {
    const [one, thief] = [addPeer(), addPeer()];
    const check = (who: typeof one) =>
      bindingRequest({ username: `${who.peer.ufrag}:x`, password: who.peer.password, nominates: true }).bytes;
    await answerTo(check(one));
    nowMs += 9000;
    expect(await answerTo(check(thief))).toBeNull();
    send(Buffer.from('media'));
    await expect.poll(() => one.received).toEqual(['media']);
    expect(thief.received).toEqual([]);
    expect(dropped).toEqual(['ice-taken-address']);
    nowMs += 2000;
    expect(await answerTo(check(thief))).not.toBeNull();
    expect(one.peer.isReachable).toBe(false);
    send(Buffer.from('theirs'));
    await expect.poll(() => thief.received).toEqual(['theirs']);
  });

  it('keeps the path that is used, however many others a peer proves', async () => {
    const { peer } = addPeer();
    const check = { username: `${peer.ufrag}:x`, password: peer.password };
    await answerTo(bindingRequest({ ...check, nominates: true }).bytes);
    for (let proved = 0; proved < 20; proved += 1) {
      const other = await openClient();
      other.send(bindingRequest(check).bytes, mux.port, '127.0.0.1');
      await once(other, 'message');
      other.close();
    }
    const message = once(client, 'message');
    peer.send(Buffer.from('still'));
    expect(String((await message)[0])).toBe('still');
  });

  it('counts what comes to nothing, by its cause', async () => {
    const { peer } = addPeer();
    const username = `${peer.ufrag}:x`;
    send(Buffer.from('hello'));
    send(bindingRequest({ username, password: 'wrong' }).bytes);
    send(bindingRequest({ username: `${peer.ufrag}:${'x'.repeat(600)}`, password: peer.password }).bytes);
    send(bindingRequest({ username, password: peer.password }).bytes.subarray(0, -4));
    await expect.poll(() => dropped).toHaveLength(4);
    expect(dropped.toSorted()).toEqual(['ice-malformed', 'ice-malformed', 'ice-unauthentic', 'ice-unknown-address']);
  });

  it('forgets a peer that was closed', async () => {
    const { peer, received } = addPeer();
    const check = bindingRequest({ username: `${peer.ufrag}:x`, password: peer.password, nominates: true }).bytes;
    await answerTo(check);
    peer.close();
    send(Buffer.from('media'));
    expect(await answerTo(check)).toBeNull();
    expect(received).toEqual([]);
    expect(mux.peerCount).toBe(0);
  });

  it('says when the port is taken', async () => {
    await expect(openMux(mux.port)).rejects.toMatchObject({ code: 'port-taken' });
  });
});

describe('a STUN message', () => {
  it('is read or refused, whatever the bytes', () => {
    const { bytes } = bindingRequest({ username: 'a:b', password: 'p' });
    expect(parseBindingRequest(bytes)).toMatchObject({ localUfrag: 'a', remoteUfrag: 'b', nominates: false });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        const isSame = changed.equals(bytes);
        expect(parseBindingRequest(changed)?.isSignedWith('p') ?? false).toBe(isSame);
      }),
    );
  });

  it('tells IPv4 addresses of a dual-stack socket as such', () => {
    const id = Buffer.alloc(12, 7);
    const [mapped, plain] = ['::ffff:192.0.2.1', '192.0.2.1'].map((address) =>
      bindingSuccess(id, { address, port: 9 }, 'p'),
    );
    expect(mapped!.equals(plain!)).toBe(true);
    expect(mappedAddress(plain!, id)).toEqual({ address: '192.0.2.1', port: 9 });
    // RFC 5769, 2.3: the sample response over IPv6.
    const transactionId = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex');
    const v6 = bindingSuccess(transactionId, { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 }, 'p');
    expect(v6.subarray(24, 44).toString('hex')).toBe('0002a1470113a9faa5d3f179bc25f4b5bed2b9d9');
  });
});
