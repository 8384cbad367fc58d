/// <reference lib="dom" preserve="true" />

/** The ICE servers that a WHIP answer's `Link` header names (RFC 9725, 4.6). What is not well-formed is left out. */
export function parseIceServers(link: string | null): RTCIceServer[] {
  const servers: RTCIceServer[] = [];
  for (const [, urls, parameters = ''] of (link ?? '').matchAll(/<([^>]*)>((?:\s*;\s*[\w-]+="[^"]*")*)/g)) {
    const values = new Map([...parameters.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
    if (urls === undefined || values.get('rel') !== 'ice-server' || !/^(?:stuns?|turns?):/.test(urls)) continue;
    const [username, credential] = [values.get('username'), values.get('credential')];
    servers.push({ urls, ...(username !== undefined && credential !== undefined && { username, credential }) });
  }
  return servers;
}
