/** The parts of a STUN or TURN address (RFC 7064, RFC 7065). */
export interface IceServerAddress {
  readonly isTurn: boolean;
  readonly host: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp' | 'tls';
}

const ADDRESS = /^(stun|turn)(s?):(?:\[([^\]]+)\]|([^:?]+))(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/;
const PORT = 3478;
const TLS_PORT = 5349;

/** Reads an address such as `turns:turn.example.com:443?transport=tcp`. Null when the text is no such address. */
export function parseIceServerAddress(url: string): IceServerAddress | null {
  const match = ADDRESS.exec(url);
  if (match === null) return null;
  const [, scheme, secure, v6, name, port, transport] = match;
  const isSecure = secure === 's';
  const number = port === undefined ? (isSecure ? TLS_PORT : PORT) : Number(port);
  if (number < 1 || number > 65_535) return null;
  return {
    isTurn: scheme === 'turn',
    host: v6 ?? name!,
    port: number,
    transport: isSecure ? 'tls' : transport === 'tcp' ? 'tcp' : 'udp',
  };
}
