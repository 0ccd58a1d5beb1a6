export { commit, FencedError, type Lease, releaseLease, renewLease, takeLease } from './lease.ts';
export { migrate, SchemaError, verifySchema } from './migrate.ts';
export { createPool, type Pool, type Queryable, transaction } from './pool.ts';
