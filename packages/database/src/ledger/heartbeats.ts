import pTimeout from 'p-timeout';
import type { Pool, Queryable } from '../pool.ts';

export interface Process {
  /** The process's name in the ledger: `worker-clip@host#4711`. */
  process: string;
  service: string;
  host: string;
  /** The required service that it cannot reach; undefined when all is well. */
  trouble: () => string | undefined;
  /** The queues it takes jobs from. */
  queues?: () => string[];
  /** The fullest disk it writes to. */
  disk?: () => Promise<Disk | undefined>;
}

/** Bytes. */
interface Disk {
  path: string;
  free: number;
  size: number;
}

export interface HeartbeatRow {
  process: string;
  service: string;
  host: string;
  startedAt: Date;
  seenAt: Date;
  trouble: string | null;
  troubleSince: Date | null;
  queues: string[];
  diskPath: string | null;
  diskFree: number | null;
  diskSize: number | null;
}

const everySeconds = 10;
/** How long a process that shuts down waits for an unresponsive database. */
const removalPatience = 2_000;

/** Records every ten seconds that the process is alive, and its trouble. `stop` removes the row on a clean exit. */
export function startHeartbeat(pool: Pool, process: Process): { stop(): Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let current = beat();

  async function beat(): Promise<void> {
    // Code that needs the database reports the outage; here it only means a missing heartbeat.
    await recordHeartbeat(pool, process).catch(() => {});
    if (stopped) return;
    timer = setTimeout(() => {
      current = beat();
    }, everySeconds * 1_000);
  }

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      const gone = current.then(() => removeHeartbeat(pool, process.process));
      await pTimeout(gone, { milliseconds: removalPatience, message: false });
    },
  };
}

export async function recordHeartbeat(db: Queryable, reporting: Process) {
  const { process, service, host, trouble, queues = () => [] } = reporting;
  const disk = await reporting.disk?.().catch(() => undefined);
  await db.query(
    `insert into heartbeat (process, service, host, started_at, seen_at, trouble, trouble_since, clock_ahead,
                            queues, disk_path, disk_free, disk_size, reads_blocks)
     values ($1, $2, $3, now(), now(), $4::text, case when $4::text is not null then now() end,
             extract(epoch from $5::timestamptz - clock_timestamp()), $6, $7, $8, $9, true)
     on conflict (process) do update set seen_at = excluded.seen_at, trouble = excluded.trouble,
       clock_ahead = excluded.clock_ahead, queues = excluded.queues, disk_path = excluded.disk_path,
       disk_free = excluded.disk_free, disk_size = excluded.disk_size,
       trouble_since = case when excluded.trouble is not null
         then coalesce(heartbeat.trouble_since, excluded.trouble_since) end`,
    [
      ...[process, service, host, trouble()?.slice(0, 300) ?? null, new Date()],
      ...[queues(), disk?.path, disk?.free, disk?.size],
    ],
  );
}

async function removeHeartbeat(db: Queryable, process: string): Promise<void> {
  await db.query('delete from heartbeat where process = $1', [process]);
}

/** Processes that are alive, and those that crashed in the last day. */
export async function listHeartbeats(db: Queryable, now: Date): Promise<HeartbeatRow[]> {
  const { rows } = await db.query<HeartbeatRow>(
    `select process, service, host, started_at as "startedAt", seen_at as "seenAt", trouble,
            trouble_since as "troubleSince", queues, disk_path as "diskPath", disk_free as "diskFree",
            disk_size as "diskSize"
     from heartbeat where seen_at > $1::timestamptz - interval '1 day' order by service, process`,
    [now],
  );
  return rows;
}

/** The live processes of releases that would take settled readings for missing ones. */
export async function processesWithoutBlocks(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ process: string }>(
    `select process from heartbeat where not reads_blocks and seen_at > now() - interval '1 minute' order by 1`,
  );
  return rows.map(({ process }) => process);
}

/** Seconds by which the clocks of live processes were ahead of the database's at their last heartbeat. */
export async function clocksAhead(db: Queryable): Promise<{ process: string; seconds: number }[]> {
  const { rows } = await db.query<{ process: string; seconds: number }>(
    `select process, clock_ahead as seconds from heartbeat where seen_at > now() - interval '1 minute' order by 1`,
  );
  return rows;
}

/** Deletes the rows of processes that crashed long ago. */
export async function forgetDeadProcesses(db: Queryable, now: Date): Promise<void> {
  await db.query(`delete from heartbeat where seen_at < $1::timestamptz - interval '2 days'`, [now]);
}
