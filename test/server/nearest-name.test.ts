import { describe, expect, it } from 'vitest';
import { nearestName } from '../../server/nearest-name.ts';

const NAMES = ['serve', 'analyze', 'features', 'token', 'doctor'];

describe('nearestName', () => {
  it.each([
    ['sevre', 'serve'],
    ['serv', 'serve'],
    ['analyse', 'analyze'],
    ['feature', 'features'],
    ['docter', 'doctor'],
    ['token', 'token'],
  ])('takes %s for %s', (written, meant) => {
    expect(nearestName(written, NAMES)).toBe(meant);
  });

  it.each(['', 'x', 'help', 'doc', 'constructor', 'tokamak', 'a'.repeat(10_000)])(
    'finds nothing near %.20s',
    (written) => {
      expect(nearestName(written, NAMES)).toBeNull();
    },
  );

  it('prefers the name with the fewest slips, and the first of equals', () => {
    expect(nearestName('--max-readrs', ['--max-readers-x', '--max-readers'])).toBe('--max-readers');
    expect(nearestName('cat', ['bat', 'rat'])).toBe('bat');
  });
});
