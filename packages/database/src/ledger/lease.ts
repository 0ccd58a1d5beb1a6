import { type Pool, type Queryable, transaction } from '../pool.ts';
import { timelineNow } from './timeline.ts';

/** The right to write under a name, until another holder takes it over with a newer epoch. */
export interface Lease {
  name: string;
  epoch: number;
}

/** The holder was paused or cut off for so long that another worker took over, so its write is refused. */
export class FencedError extends Error {
  readonly fenced = true;

  constructor({ name, epoch }: Lease) {
    super(`${name} was taken over by another worker after epoch ${epoch}: this write is refused`);
    this.name = 'FencedError';
  }
}

/**
 * A copy that takes over may lack the last numbers of the sequence. With the timeline in front, no epoch is given twice.
 * @returns the lease, or undefined while another holder's lease is live
 */
export async function takeLease(
  db: Queryable,
  name: string,
  holder: string,
  seconds: number,
): Promise<Lease | undefined> {
  const { rows } = await db.query<{ epoch: number }>(
    `insert into lease (name, epoch, holder, until)
     values ($1, (${timelineNow} << 32) + nextval('lease_epoch'), $2, clock_timestamp() + make_interval(secs => $3))
     on conflict (name) do update set epoch = excluded.epoch, holder = excluded.holder, until = excluded.until
       where lease.until < clock_timestamp()
     returning epoch`,
    [name, holder, seconds],
  );
  return rows[0] && { name, epoch: rows[0].epoch };
}

/** @returns false when the lease is another's by now. */
export async function renewLease(db: Queryable, { name, epoch }: Lease, seconds: number): Promise<boolean> {
  const { rowCount } = await db.query(
    'update lease set until = clock_timestamp() + make_interval(secs => $3) where name = $1 and epoch = $2',
    [name, epoch, seconds],
  );
  return rowCount === 1;
}

/** @returns false when the lease is another's by now. */
export async function releaseLease(db: Queryable, { name, epoch }: Lease): Promise<boolean> {
  const { rowCount } = await db.query('delete from lease where name = $1 and epoch = $2', [name, epoch]);
  return rowCount === 1;
}

/** Locks the lease's row until the transaction ends, so that no one takes over between the check and the commit. */
export async function checkLease(tx: Queryable, lease: Lease): Promise<void> {
  const { rowCount } = await tx.query('select from lease where name = $1 and epoch = $2 for share', [
    lease.name,
    lease.epoch,
  ]);
  if (rowCount !== 1) throw new FencedError(lease);
}

/**
 * The only way for a run to write: a transaction that is refused when another worker has taken over the run's lease.
 * @throws FencedError
 */
export async function commit<T>(pool: Pool, lease: Lease, write: (tx: Queryable) => Promise<T>): Promise<T> {
  return transaction(pool, async (tx) => {
    await checkLease(tx, lease);
    return write(tx);
  });
}
