import { connect } from 'node:net';

const hex = (character: string) => character.charCodeAt(0).toString(16);

/** Paths that a router, a proxy or a file system may take for `path`, although they differ from it. */
export function otherSpellings(path: string, host = '127.0.0.1'): string[] {
  const letter = path[1] ?? 'x';
  const escaped = (text: string) => [...text].map((character) => `%${hex(character)}`).join('');
  const rest = path.slice(2);
  const spellings = [
    // Escapes, and escaped escapes.
    `/%${hex(letter)}${rest}`,
    `/%${hex(letter).toUpperCase()}${rest}`,
    `/%25${hex(letter)}${rest}`,
    `/${escaped(path.slice(1))}`,
    path.replaceAll('/', '%2f'),
    path.replaceAll('/', '%2F'),
    path.replace(/\/(?=[^/]*$)/, '%2f'),
    path.replace(/\/(?=[^/]*$)/, '%252f'),
    `${path.slice(0, -1)}%${hex(path.at(-1) ?? 'x')}`,
    path.replace('v1', 'v%31'),
    path.replace('v1', '%76%31'),
    // Segments that are empty or point elsewhere.
    `/${path}`,
    `//${path}`,
    `/.${path}`,
    `/%2e${path}`,
    `/..${path}`,
    `/%2e%2e${path}`,
    `/x/..${path}`,
    `/healthz/..${path}`,
    `/healthz/%2e%2e${path}`,
    `/healthz/..%2f${path.slice(1)}`,
    path.replace(/\/(?=[^/]*$)/, '//'),
    path.replace(/\/(?=[^/]*$)/, '/./'),
    `${path}/.`,
    `${path}/`,
    `${path}//`,
    `${path}/%20`,
    // Other letters, separators and endings.
    path.toUpperCase(),
    path.replace(letter, letter.toUpperCase()),
    path.replaceAll('/', '\\'),
    `\\${path}`,
    `${path};`,
    `${path};x=1`,
    `/;x=1${path}`,
    `${path}%00`,
    `${path}%0a`,
    `${path}%20`,
    `${path}%3f`,
    `${path}%23`,
    `${path}#`,
    `${path}#/healthz`,
    `${path}.`,
    `${path}.json`,
    `${path}%c0%af`,
    `${path}\u00e9`,
    // Other forms of a request target.
    `http://${host}${path}`,
    `HTTP://${host}${path}`,
    `https://evil.example${path}`,
    `//evil.example${path}`,
    `http:${path}`,
    `ws://${host}${path}`,
    `${host}${path}`,
    `*${path}`,
    path.slice(1),
  ];
  return [...new Set(spellings)].filter((spelling) => spelling !== path);
}

/** Status of a response (0 without one) and its whole text. */
export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/** Sends a request exactly as given. Reads until the server closes the connection or sends nothing for `patienceMs`. */
export function sendRaw(url: string, request: string, patienceMs = 3000): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<RawAnswer>();
  const socket = connect({ host: hostname, port: Number(port) });
  let text = '';
  const end = () => {
    socket.destroy();
    resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text });
  };
  socket.setEncoding('latin1').setTimeout(patienceMs, end);
  socket.on('connect', () => socket.write(request, 'latin1'));
  socket.on('data', (part) => {
    text += part;
    // An event stream does not end by itself.
    if (text.length > 65_536 || /^content-type: text\/event-stream/im.test(text)) end();
  });
  socket.on('error', end);
  socket.on('close', end);
  return promise;
}

/** The head of a request as text. `target` is used unchanged. */
export function rawHead(method: string, target: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { Host: '127.0.0.1', Connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
