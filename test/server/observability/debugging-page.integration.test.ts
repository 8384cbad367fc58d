import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startTestServer } from '../../support/server/test-server.ts';

const PAGE = readFileSync(new URL('../../../docs/debugging.md', import.meta.url), 'utf8');

describe('docs/debugging.md', () => {
  it('names only metrics that the server has', async () => {
    const server = await startTestServer();
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    await server.close();
    const names = new Set(PAGE.match(/\bundertone_\w+/g));
    expect(names.size).toBeGreaterThan(10);
    for (const name of names) expect(metrics).toContain(`# TYPE ${name} `);
  });
});
