import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AudioHookAction, AudioHookSession } from '../../../../server/ingest/audiohook/audiohook-session.ts';
import { media, NULL_UUID, OFFER } from '../../../support/telephony/audiohook-peer.ts';

const ID = 'e160e428-53e2-487c-977d-96989bf5c99d';
const ORGANIZATION = 'd7934305-0972-4844-938e-9060eef73d05';
const OPEN = {
  organizationId: ORGANIZATION,
  conversationId: '090eaa2f-72fa-480a-83e0-8667ff89c0ec',
  participant: { id: '883efee8-3d6c-4537-b500-6d7ca4b92fa0', ani: '+1-555-555-1234', aniName: 'Jane', dnis: '' },
  media: OFFER,
};

/** A session and a client that numbers its messages as it must. */
function setUp(options: { authorized?: boolean; organizationId?: string | null } = {}) {
  const session = new AudioHookSession({
    sessionId: ID,
    organizationId: ORGANIZATION,
    authorized: true,
    ...options,
  });
  let seq = 0;
  let serverseq = 0;
  const noted = (actions: AudioHookAction[]) => {
    for (const action of actions) if (action.do === 'send') serverseq = action.message.seq;
    return actions;
  };
  const send = (type: string, parameters: object = {}, changes: object = {}) => {
    seq += 1;
    const message = { version: '2', id: ID, type, seq, serverseq, position: 'PT0S', parameters, ...changes };
    return noted(session.onMessage(message));
  };
  const audio = (bytes: number) => noted(session.onAudio(new Uint8Array(bytes)));
  return { session, send, audio, noted, open: (changes: object = {}) => send('open', { ...OPEN, ...changes }) };
}

const sent = (actions: AudioHookAction[]) =>
  actions.flatMap((action) => (action.do === 'send' ? [[action.message.type, action.message.parameters]] : []));
const others = (actions: AudioHookAction[]) => actions.filter((action) => action.do !== 'send');
const info = (actions: AudioHookAction[]) => (sent(actions)[0]![1] as { reason: string; info: string }).info;

describe('an AudioHook session', () => {
  it('answers open with opened and the media it wants, before anything else is done', () => {
    const actions = setUp().open();
    expect(actions.map((action) => action.do)).toEqual(['send', 'begin']);
    expect(actions[0]).toEqual({
      do: 'send',
      message: {
        version: '2',
        id: ID,
        type: 'opened',
        seq: 1,
        clientseq: 1,
        parameters: { media: [OFFER[0]], startPaused: false },
      },
    });
  });

  it.each([
    ['both parties, in less room', [media('L16', 'external', 'internal'), ...OFFER], OFFER[0]],
    [
      'both parties before a finer sound of one',
      [media('PCMU', 'external'), media('L16', 'external', 'internal')],
      media('L16', 'external', 'internal'),
    ],
    [
      'the customer alone where the agent is not to be had',
      [media('PCMU', 'internal'), media('PCMU', 'external')],
      media('PCMU', 'external'),
    ],
    ['the agent alone where there is nothing else', [media('PCMU', 'internal')], media('PCMU', 'internal')],
    ['L16 where there is nothing else', [media('L16', 'external')], media('L16', 'external')],
    [
      'what it can read among what it cannot',
      [{ type: 'audio', format: 'opus', channels: ['external'], rate: 48_000 }, media('PCMU', 'external')],
      media('PCMU', 'external'),
    ],
  ])('selects %s', (_what, offered, selected) => {
    expect(sent(setUp().open({ media: offered }))).toEqual([['opened', { media: [selected], startPaused: false }]]);
  });

  it('counts positions by the samples, whatever the format and the channels', () => {
    for (const [offered, frameBytes] of [
      [media('PCMU', 'external', 'internal'), 3200],
      [media('PCMU', 'external'), 1600],
      [media('L16', 'external', 'internal'), 6400],
      [media('L16', 'internal'), 3200],
    ] as const) {
      const { open, audio } = setUp();
      open({ media: [offered] });
      const positions = [1, 2, 3].flatMap(() => audio(frameBytes)).map((a) => a.do === 'audio' && a.positionMs);
      expect(positions).toEqual([0, 200, 400]);
    }
  });

  it('answers ping with pong and update with updated, each with the number of what it answers', () => {
    const { open, send } = setUp();
    open();
    expect(send('ping', { rtt: 'PT0.02S' })).toEqual([
      { do: 'send', message: expect.objectContaining({ type: 'pong', seq: 2, clientseq: 2, parameters: {} }) },
    ]);
    expect(sent(send('update', { language: 'es-ES' }))).toEqual([['updated', {}]]);
  });

  it('finishes what is open when the client closes, then says closed, once', () => {
    const { open, send, session } = setUp();
    open();
    expect(send('close', { reason: 'end' })).toEqual([{ do: 'finish', reason: 'end' }]);
    expect(sent(send('ping'))).toEqual([['pong', {}]]);
    expect(session.closed().map((a) => (a.do === 'send' ? a.message.type : a.do))).toEqual(['closed', 'give-up']);
    expect(session.closed()).toEqual([]);
    expect(send('ping')).toEqual([]);
  });

  it('takes no audio after close', () => {
    const { open, send, audio } = setUp();
    open();
    send('close', { reason: 'end' });
    expect(audio(1600).filter((a) => a.do === 'audio')).toEqual([]);
  });

  it('goes on where the audio does after a pause and after a loss, and never back', () => {
    const { open, send, audio } = setUp();
    open();
    audio(3200);
    expect(send('paused')).toEqual([]);
    expect(send('resumed', { start: 'PT0.2S', discarded: 'PT4.8S' })).toEqual([{ do: 'skip', positionMs: 5000 }]);
    expect(audio(3200)).toMatchObject([{ do: 'audio', positionMs: 5000 }]);
    expect(send('discarded', { start: 'PT5.2S', discarded: 'PT0.8S' })).toEqual([{ do: 'skip', positionMs: 6000 }]);
    expect(send('discarded', { start: 'PT1S', discarded: 'PT1S' })).toEqual([]);
    expect(audio(3200)).toMatchObject([{ do: 'audio', positionMs: 6000 }]);
  });

  it('begins at the position where a client that comes back stands', () => {
    const { send, audio } = setUp();
    const continuedSessions = [{ id: NULL_UUID, serverseq: 4, clientseq: 9 }];
    const actions = send('open', { ...OPEN, continuedSessions }, { position: 'PT61.4S' });
    expect(others(actions)).toMatchObject([
      { do: 'begin', positionMs: 61_400, open: { continuedSessionIds: [NULL_UUID] } },
    ]);
    expect(audio(3200)).toMatchObject([{ positionMs: 61_400 }]);
  });

  it('passes a connection probe, which brings no call', () => {
    const { open, send, session } = setUp();
    const actions = open({ conversationId: NULL_UUID, participant: { ...OPEN.participant, id: NULL_UUID } });
    expect(sent(actions)[0]![0]).toBe('opened');
    expect(others(actions)).toMatchObject([{ do: 'begin', isProbe: true }]);
    expect(sent(send('ping'))).toEqual([['pong', {}]]);
    expect(session.event([{ type: 'x', data: 1 }])).toEqual([]);
    send('close', { reason: 'end' });
    expect(sent(session.closed())).toEqual([['closed', {}]]);
  });

  it('passes a connection probe that offers nothing', () => {
    const participant = { ...OPEN.participant, id: NULL_UUID };
    const { open } = setUp();
    expect(sent(open({ conversationId: NULL_UUID, participant, media: [] }))).toEqual([
      ['opened', { media: [], startPaused: false }],
    ]);
  });

  it('sends events while it is open, paused or closing, and not before or after', () => {
    const { open, send, session, noted } = setUp();
    const entities = [{ type: 'undertone.utterance-emotion', data: { id: 'u1' } }];
    const event = () => sent(noted(session.event(entities)));
    expect(event()).toEqual([]);
    open();
    expect(event()).toEqual([['event', { entities }]]);
    send('paused');
    expect(event()).toHaveLength(1);
    send('close', { reason: 'end' });
    expect(event()).toHaveLength(1);
    noted(session.closed());
    expect(event()).toEqual([]);
  });

  it('asks for a pause, for audio again and for another connection, while it is open', () => {
    const { open, session, noted } = setUp();
    expect([session.hold(true), session.reconnect()]).toEqual([[], []]);
    open();
    expect(sent(noted([...session.hold(true), ...session.hold(false)]))).toEqual([
      ['pause', {}],
      ['resume', {}],
    ]);
    expect(sent(session.reconnect())[0]![0]).toBe('reconnect');
  });

  it('lets dtmf, errors and what it does not know pass', () => {
    const { open, send, audio } = setUp();
    open();
    expect(send('dtmf', { digit: '1' })).toEqual([]);
    expect(send('error', { code: 409, message: 'x' })).toEqual([]);
    expect(send('playback_started')).toEqual([]);
    expect(audio(3200)).toHaveLength(1);
  });
});

describe('a bad message is dropped, and the session goes on', () => {
  const opened = () => {
    const peer = setUp();
    peer.open();
    return peer;
  };

  it.each<[string, (peer: ReturnType<typeof setUp>) => AudioHookAction[]]>([
    ['has a number that nobody counted to', ({ send }) => send('ping', {}, { seq: 9_000_000 })],
    ['says a number twice', ({ send }) => send('ping', {}, { seq: 1 })],
    ['has heard what was never said', ({ send }) => send('ping', {}, { serverseq: 7 })],
    ['speaks for another session', ({ send }) => send('ping', {}, { id: NULL_UUID })],
    ['speaks another version', ({ send }) => send('ping', {}, { version: '1' })],
    ['leaves the position out', ({ send }) => send('ping', {}, { position: undefined })],
    ['has a position that is none', ({ send }) => send('ping', {}, { position: 'PT-1S' })],
    ['sends a list for parameters', ({ send }) => send('ping', [])],
    ['opens twice', ({ open }) => open()],
    ['sends half a sample frame', ({ audio }) => audio(3201)],
    ['sends audio in a pause', ({ send, audio }) => [...send('paused'), ...audio(3200)]],
    ['discards it does not say what', ({ send }) => send('discarded', {})],
  ])('when it %s', (_what, misbehave) => {
    const peer = opened();
    expect(misbehave(peer)).toEqual([{ do: 'drop', reason: expect.any(String), info: expect.any(String) }]);
    expect(['active', 'paused']).toContain(peer.session.state);
    expect(sent(peer.send('ping'))).toEqual([['pong', {}]]);
  });

  it('and the numbers go on after the one that was dropped with it', () => {
    const { send } = opened();
    expect(sent(send('ping', {}, { seq: 9 }))).toEqual([['pong', {}]]);
    expect(sent(send('ping', {}, { seq: 10 }))).toEqual([['pong', {}]]);
  });
});

describe('a client is disconnected with an error', () => {
  it('when it sends audio before it is open', () => {
    expect(info(setUp().audio(3200))).toContain('preparing');
  });

  it('when it offers nothing that can be read, or forgets what open needs', () => {
    expect(info(setUp().open({ media: [] }))).toBe('no offered media can be used');
    expect(info(setUp().open({ conversationId: undefined }))).toBe('open lacks a parameter');
  });

  it('and may then still close, but do nothing else', () => {
    const { open, send, audio, session, noted } = setUp();
    open();
    noted(session.disconnect('error', 'x'));
    expect(audio(3200)).toEqual([]);
    expect(send('ping')).toEqual([]);
    expect(send('close', { reason: 'disconnect' })).toEqual([{ do: 'finish', reason: 'disconnect' }]);
    expect(sent(session.closed())).toEqual([['closed', {}]]);
  });
});

describe('a client that is not who it says', () => {
  it('is not answered until it is told so', () => {
    const { open, send, session } = setUp({ authorized: false });
    expect(open()).toEqual([]);
    expect(send('ping')).toEqual([]);
    expect(sent(session.disconnect('unauthorized', 'x'))).toEqual([
      ['disconnect', { reason: 'unauthorized', info: 'x' }],
    ]);
  });

  it('is told so when it opens for another organization than its header says', () => {
    expect(sent(setUp().open({ organizationId: ID }))[0]).toEqual([
      'disconnect',
      { reason: 'unauthorized', info: expect.any(String) },
    ]);
    expect(sent(setUp({ organizationId: null }).open({ organizationId: ID }))[0]![0]).toBe('opened');
  });
});

describe('whatever a client sends', () => {
  it('gets answers that are numbered without a gap, and never more than one disconnect or closed', () => {
    const message = fc.record({
      version: fc.constantFrom('2', '2', '2', '2', '1'),
      id: fc.constantFrom(ID, ID, ID, ID, NULL_UUID),
      type: fc.constantFrom('open', 'ping', 'close', 'paused', 'resumed', 'discarded', 'update', 'error', 'x'),
      skip: fc.constantFrom(0, 0, 0, 0, 0, 0, 1),
      parameters: fc.constantFrom<object>(OPEN, {}, { start: 'PT1S', discarded: 'PT1S' }, { reason: 'end' }),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(message, fc.integer({ min: 0, max: 6400 })), { maxLength: 30 }), (inputs) => {
        const session = new AudioHookSession({ sessionId: ID, organizationId: null, authorized: true });
        const actions: AudioHookAction[] = [];
        let seq = 0;
        for (const input of inputs) {
          if (typeof input === 'number') {
            actions.push(...session.onAudio(new Uint8Array(input)));
          } else {
            const { skip, ...fields } = input;
            seq += 1 + skip;
            actions.push(...session.onMessage({ ...fields, seq, serverseq: 0, position: 'PT0S' }));
          }
          if (session.state === 'closing') actions.push(...session.closed());
        }
        const messages = actions.flatMap((action) => (action.do === 'send' ? [action.message] : []));
        expect(messages.map(({ seq: number }) => number)).toEqual(messages.map((_, i) => i + 1));
        const count = (type: string) => messages.filter((m) => m.type === type).length;
        expect(count('opened')).toBeLessThanOrEqual(1);
        expect(count('disconnect')).toBeLessThanOrEqual(1);
        expect(count('closed')).toBeLessThanOrEqual(1);
        const last = messages.findIndex((m) => m.type === 'closed');
        expect(last === -1 || last === messages.length - 1).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
