import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Socket } from 'node:net';

const established = '01';
const listening = '0A';

const known = new WeakMap<Socket, Promise<boolean>>();

/**
 * Whether the other end of a loopback connection is a plain client such as curl, a script or a browser. A program that
 * listens on a port itself may be a proxy that passes on requests of others. Only Linux shows this, and only for
 * processes that this one may inspect; if it is unknown, the answer is no.
 */
export function isPlainClient(socket: Socket): Promise<boolean> {
  const before = known.get(socket);
  if (before) return before;
  const answer = look(socket).catch(() => false);
  known.set(socket, answer);
  return answer;
}

async function look({ localPort, remotePort }: Socket): Promise<boolean> {
  if (localPort === undefined || remotePort === undefined) return false;
  const sockets = (await Promise.all(['tcp', 'tcp6'].map(readSockets))).flat();
  const peer = sockets.find(
    ({ state, local, remote }) => state === established && local === remotePort && remote === localPort,
  );
  if (!peer) return false;
  const held = await socketsOfOwner(peer.inode);
  if (!held) return false;
  return !sockets.some(({ state, inode }) => state === listening && held.has(inode));
}

interface SocketRow {
  state: string;
  local: number;
  remote: number;
  inode: string;
}

/** The kernel's table, as proc(5) describes it: `sl local_address rem_address st … inode`. */
async function readSockets(protocol: string): Promise<SocketRow[]> {
  const text = await readFile(`/proc/net/${protocol}`, 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 9)
    .map((fields) => ({
      state: fields[3] as string,
      local: portOf(fields[1]),
      remote: portOf(fields[2]),
      inode: fields[9] as string,
    }));
}

const portOf = (address = '') => Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16);

/** The sockets of the process that holds this one; undefined when no process that can be seen holds it. */
async function socketsOfOwner(inode: string): Promise<Set<string> | undefined> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(pids.map(socketsOf));
  return all.find((sockets) => sockets.has(inode));
}

async function socketsOf(pid: string): Promise<Set<string>> {
  const folder = `/proc/${pid}/fd`;
  const links = await readdir(folder).catch(() => []);
  const targets = await Promise.all(links.map((link) => readlink(`${folder}/${link}`).catch(() => '')));
  return new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
}
