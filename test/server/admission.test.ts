import { describe, expect, it } from 'vitest';
import { Admission } from '../../server/admission.ts';

describe('the admission of a connection that stays open', () => {
  it('takes connections up to the limit, and again once one has gone', () => {
    let openConnections = 1;
    const { refuse } = new Admission({ maxConnections: 2, openConnections: () => openConnections });
    expect(refuse()).toBeNull();
    openConnections = 2;
    expect(refuse()).toBe('overloaded');
    openConnections = 1;
    expect(refuse()).toBeNull();
  });

  it('takes none while the server drains, and says so even when it is full', () => {
    const admission = new Admission({ maxConnections: 1, openConnections: () => 1 });
    expect(admission.refuse()).toBe('overloaded');
    admission.drain();
    expect(admission.refuse()).toBe('shutdown');
  });
});
