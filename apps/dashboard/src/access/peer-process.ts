import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Socket } from 'node:net';

const established = '01';
const listening = '0A';
const mostParents = 20;

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
  const ports = new Set(sockets.filter(({ state }) => state === listening).map(({ inode }) => inode));
  for (let pid = await ownerOf(peer.inode), n = 0; pid !== undefined && n < mostParents; n++) {
    if ((await socketsOf(pid)).some((inode) => ports.has(inode))) return false;
    const parent = await parentOf(pid);
    // A server may fork a process for each connection, which holds no port itself.
    const isFork = parent !== undefined && (await programOf(parent)) === (await programOf(pid));
    if (!isFork) return true;
    pid = parent;
  }
  return false;
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

/** The process that holds a socket; undefined when no process that can be seen holds it. */
async function ownerOf(inode: string): Promise<string | undefined> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const holds = await Promise.all(pids.map(async (pid) => (await socketsOf(pid)).includes(inode)));
  return pids.find((_, n) => holds[n]);
}

async function socketsOf(pid: string): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const links = await readdir(folder).catch(() => []);
  const targets = await Promise.all(links.map((link) => readlink(`${folder}/${link}`).catch(() => '')));
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
}

async function parentOf(pid: string): Promise<string | undefined> {
  return /^PPid:\s+(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
}

const programOf = (pid: string) => readlink(`/proc/${pid}/exe`).catch(() => undefined);
