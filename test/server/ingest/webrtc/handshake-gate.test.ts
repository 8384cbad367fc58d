import { describe, expect, it } from 'vitest';
import { HandshakeGate } from '../../../../server/ingest/webrtc/transport/handshake-gate.ts';

const record = (content: Buffer, { type = 22, epoch = 0 } = {}): Buffer => {
  const header = Buffer.alloc(13);
  header.set([type, 254, 253]);
  header.writeUInt16BE(epoch, 3);
  header.writeUInt16BE(content.length, 11);
  return Buffer.concat([header, content]);
};
const message = (type: number, sequence: number, body: string, from = 0, to = body.length): Buffer => {
  const header = Buffer.alloc(12);
  header.writeUInt8(type, 0);
  header.writeUIntBE(body.length, 1, 3);
  header.writeUInt16BE(sequence, 4);
  header.writeUIntBE(from, 6, 3);
  header.writeUIntBE(to - from, 9, 3);
  return Buffer.concat([header, Buffer.from(body.slice(from, to))]);
};

const [HELLO, CERTIFICATE, KEY_EXCHANGE, VERIFY] = [1, 11, 16, 15];
const hello = record(message(HELLO, 0, 'hello'));
const helloAgain = record(message(HELLO, 1, 'hello with a cookie'));
const certificate = record(message(CERTIFICATE, 2, 'certificate'));
const keyExchange = record(message(KEY_EXCHANGE, 3, 'key'));
const verify = record(message(VERIFY, 4, 'verify'));
const finished = record(Buffer.from('encrypted'), { epoch: 1 });

/** What goes on of each datagram, by its body. */
const passedOf = (gate: HandshakeGate, datagram: Buffer): string[] =>
  gate.pass(datagram).map((passed) => passed.subarray(passed.readUInt16BE(3) === 0 ? 25 : 13).toString());

describe('the order of a DTLS handshake', () => {
  it('is left as it is when it comes in order, several messages a datagram or one', () => {
    const gate = new HandshakeGate();
    expect(gate.pass(hello)).toEqual([hello]);
    expect(gate.pass(helloAgain)).toEqual([helloAgain]);
    const flight = Buffer.concat([certificate, keyExchange, verify, finished]);
    expect(gate.pass(flight)).toEqual([certificate, keyExchange, verify, finished]);
    const application = record(Buffer.from('data'), { type: 23, epoch: 1 });
    expect(gate.pass(application)).toEqual([application]);
  });

  it('is mended: nothing goes on twice or early, and the end waits for the keys', () => {
    const gate = new HandshakeGate();
    const order = [helloAgain, hello, hello, verify, finished, keyExchange, keyExchange, certificate, verify, finished];
    expect(order.map((datagram) => passedOf(gate, datagram))).toEqual([
      [],
      ['hello', 'hello with a cookie'],
      [],
      [],
      [],
      [],
      [],
      ['certificate', 'key', 'verify'],
      [],
      ['encrypted'],
    ]);
    // A hello after the end would start it anew.
    expect(passedOf(gate, hello)).toEqual([]);
    expect(passedOf(gate, finished)).toEqual(['encrypted']);
  });

  it('lets the first hello through again while its answer may be lost', () => {
    const gate = new HandshakeGate();
    expect([hello, hello, helloAgain, hello].map((datagram) => passedOf(gate, datagram))).toEqual([
      ['hello'],
      ['hello'],
      ['hello with a cookie'],
      [],
    ]);
  });

  it('puts messages together that came in pieces, in any order', () => {
    const gate = new HandshakeGate();
    const body = 'a hello of some length';
    expect(passedOf(gate, record(message(HELLO, 0, body, 10)))).toEqual([]);
    expect(passedOf(gate, record(message(HELLO, 0, body, 10)))).toEqual([]);
    expect(passedOf(gate, record(message(HELLO, 0, body, 0, 12)))).toEqual([body]);
  });

  it('keeps nothing of what is cut short, too large or far ahead', () => {
    const gate = new HandshakeGate();
    const huge = message(HELLO, 0, 'x');
    huge.writeUIntBE(2 ** 24 - 1, 1, 3);
    const beyond = message(HELLO, 0, 'hello');
    beyond.writeUIntBE(4, 6, 3);
    for (const bytes of [
      hello.subarray(0, 20),
      record(huge),
      record(beyond),
      record(message(CERTIFICATE, 9, 'c')),
      Buffer.alloc(5),
    ]) {
      expect(gate.pass(bytes)).toEqual([]);
    }
    expect(passedOf(gate, hello)).toEqual(['hello']);
  });
});
