import { readdir, readFile, readlink } from 'node:fs/promises';

/** Finds the process that holds a port, such as `nginx (pid 812)`. Null when it cannot be found. */
export type PortOwnerProbe = (port: number, protocol: 'tcp' | 'udp') => Promise<string | null>;

/** State of a listening socket in `/proc/net/tcp`. */
const LISTENING = '0A';
/** Column of a socket's inode in `/proc/net/tcp` and `/proc/net/udp`. */
const INODE_COLUMN = 9;

/** Reads `/proc` on Linux. Finds processes of the same user, or of all users when it runs as root. */
export const findPortOwner: PortOwnerProbe = async (port, protocol) => {
  const inodes = new Set<string>();
  for (const table of [protocol, `${protocol}6`]) {
    for (const line of (await readFile(`/proc/net/${table}`, 'utf8').catch(() => '')).split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      const isHere = Number.parseInt(columns[1]?.split(':')[1] ?? '', 16) === port;
      if (isHere && (protocol === 'udp' || columns[3] === LISTENING)) inodes.add(`socket:[${columns[INODE_COLUMN]}]`);
    }
  }
  if (inodes.size === 0) return null;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const file of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => '');
      if (inodes.has(target)) return `${(await readFile(`/proc/${pid}/comm`, 'utf8')).trim()} (pid ${pid})`;
    }
  }
  return null;
};
