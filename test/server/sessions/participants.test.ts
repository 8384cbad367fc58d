import { describe, expect, it } from 'vitest';
import { MAX_DISPLAY_NAME_LENGTH, type Participant } from '../../../client-sdk/protocol/index.ts';
import { isId } from '../../../client-sdk/protocol/json-object.ts';
import { Participants } from '../../../server/sessions/participants.ts';
import { tokenOf } from '../../support/server/grants.ts';

const CALL: Participant = { id: 'call', role: 'customer', displayName: 'Call' };

describe('a speaker who was heard in a participant’s track', () => {
  it('gets the next number that no participant has, and is told with the others', () => {
    const participants = new Participants('s', 10);
    const grant = tokenOf('gateway');
    participants.announce(CALL, grant);
    participants.claim({ ...CALL, id: 'call-2' }, grant, 10);
    expect(participants.addSpeaker(CALL)).toEqual({ id: 'call-3', role: 'unknown', displayName: 'Call (3)' });
    expect(participants.addSpeaker({ ...CALL, displayName: null })).toMatchObject({ id: 'call-4', displayName: null });
    expect(participants.announced.map(({ id }) => id)).toEqual(['call', 'call-3', 'call-4']);
  });

  it('belongs to nobody: no source may claim it', () => {
    const participants = new Participants('s', 10);
    const { id } = participants.addSpeaker(CALL)!;
    expect(participants.claim({ ...CALL, id }, tokenOf('gateway'), 10)).toBe('participant-taken');
  });

  it('has an id and a name that the protocol allows, however long the participant’s are', () => {
    const participants = new Participants('s', 12);
    const long: Participant = { id: 'x'.repeat(64), role: 'agent', displayName: 'y'.repeat(MAX_DISPLAY_NAME_LENGTH) };
    const added = Array.from({ length: 12 }, () => participants.addSpeaker(long)!);
    expect(new Set(added.map(({ id }) => id)).size).toBe(12);
    expect(added.every(({ id }) => isId(id))).toBe(true);
    expect(added.every(({ displayName }) => displayName!.length <= MAX_DISPLAY_NAME_LENGTH)).toBe(true);
    expect(participants.addSpeaker(long)).toBeNull();
  });

  it('is there again after a restart, and so are the others with their holders', () => {
    const before = new Participants('s', 10);
    before.announce(CALL, tokenOf('gateway'));
    before.addSpeaker(CALL);
    const after = new Participants('s', 10, before.held);
    expect(after.held).toEqual(before.held);
    expect(after.announced).toEqual(before.announced);
    expect(after.claim(CALL, tokenOf('other'), 10)).toBe('participant-taken');
    expect(after.addSpeaker(CALL)).toMatchObject({ id: 'call-3' });
  });
});
