import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import pLimit from 'p-limit';

const established = '01';
const listening = '0A';
/** Set in /proc/net/unix for a socket that accepts connections. */
const acceptsUnix = 0x1_0000;
const mostParents = 20;

const known = new WeakMap<Socket, Promise<boolean>>();

/** Reading the process table takes milliseconds: a flood of connections must not queue up behind it. */
const oneAtATime = pLimit(1);
const mostPending = 20;

/**
 * Whether the other end of a loopback connection is a plain client such as curl or a script: a process that accepts no
 * connections and has none to anyone else. A proxy accepts its visitors' connections, and a tunnel holds one to the
 * machine they come from. Only Linux shows this, and only for processes that this one may inspect; if it is unknown,
 * the answer is no.
 */
export function isPlainClient(socket: Socket): Promise<boolean> {
  const before = known.get(socket);
  if (before) return before;
  if (oneAtATime.pendingCount >= mostPending) return Promise.resolve(false);
  const answer = oneAtATime(() => look(socket)).catch(() => false);
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
  // Its other connections to this server are its own requests.
  const others = sockets.filter(
    ({ state, remote }) => state === listening || (state === established && remote !== localPort),
  );
  const forbidden = new Set([...others.map(({ inode }) => inode), ...(await unixListeners())]);
  let pid = await ownerOf(peer);
  for (let n = 0; pid !== undefined && n < mostParents; n++) {
    if ((await socketsOf(pid)).some((inode) => forbidden.has(inode))) return false;
    const parent = await parentOf(pid);
    // A server may fork a process for each connection, which accepts none itself.
    if (parent === undefined || (await programOf(parent)) !== (await programOf(pid))) return true;
    pid = parent;
  }
  return false;
}

interface SocketRow {
  state: string;
  local: number;
  remote: number;
  uid: number;
  inode: string;
}

/** The kernel's table, as proc(5) describes it: `sl local_address rem_address st … uid timeout inode`. */
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
      uid: Number(fields[7]),
      inode: fields[9] as string,
    }));
}

const portOf = (address = '') => Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16);

/** Inodes of sockets in the file system that accept connections: `Num RefCount Protocol Flags Type St Inode Path`. */
async function unixListeners(): Promise<string[]> {
  const rows = (await readFile('/proc/net/unix', 'utf8').catch(() => '')).split('\n').slice(1);
  return rows.flatMap((row) => {
    const [, , , flags = '', , , inode] = row.trim().split(/\s+/);
    return inode && Number.parseInt(flags, 16) & acceptsUnix ? [inode] : [];
  });
}

/** The process that holds a socket; undefined when no process that can be inspected holds it. */
async function ownerOf({ inode, uid }: SocketRow): Promise<string | undefined> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const owner = await stat(`/proc/${pid}`).catch(() => undefined);
    if (owner?.uid === uid && (await socketsOf(pid)).includes(inode)) return pid;
  }
  return undefined;
}

async function socketsOf(pid: string): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const links = await readdir(folder).catch(() => []);
  const targets = await Promise.all(links.map((link) => readlink(`${folder}/${link}`).catch(() => '')));
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
}

/** Undefined for a process that no other has started. */
async function parentOf(pid: string): Promise<string | undefined> {
  const parent = /^PPid:\s+(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return parent === '0' ? undefined : parent;
}

/** @throws Error when this process may not inspect it */
const programOf = (pid: string) => readlink(`/proc/${pid}/exe`);
