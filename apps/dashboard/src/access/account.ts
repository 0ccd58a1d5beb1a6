import { createHash, randomBytes } from 'node:crypto';
import { type Pool, transaction } from '@mycelium/database';
import { hashPassword, verifyPassword } from './password.ts';

export type Role = 'viewer' | 'operator';

/** Who sent a request: a person with a session, a program with a token, or a person at this machine. */
export interface Visitor {
  name: string;
  role: Role;
  /** The page must send this with each write. A token needs none, since browsers do not send tokens by themselves. */
  csrf: string | undefined;
  by: 'session' | 'token' | 'local';
}

const sessionHours = 12;
const hashOf = (token: string) => createHash('sha256').update(token).digest();
/** Only someone who knows the session's cookie can compute it. */
export const csrfOf = (token: string) => createHash('sha256').update(`csrf ${token}`).digest('base64url');

/**
 * Keeps the account in step with DASHBOARD_USER and DASHBOARD_PASSWORD: a new password or name ends the old sessions.
 * Without DASHBOARD_USER there is no such account.
 */
export async function keepConfiguredAccount(
  pool: Pool,
  user: string | undefined,
  password: string | undefined,
): Promise<void> {
  await transaction(pool, async (tx) => {
    await tx.query(`delete from console_account where source = 'settings' and name is distinct from $1`, [
      user ?? null,
    ]);
    if (!user || !password) return;
    const { rows } = await tx.query<{ password_hash: string; role: Role; source: string }>(
      'select password_hash, role, source from console_account where name = $1 for update',
      [user],
    );
    const [account] = rows;
    const same = account?.source === 'settings' && (await verifyPassword(password, account.password_hash));
    if (same) return;
    await tx.query('delete from console_account where name = $1', [user]);
    await tx.query(
      `insert into console_account (name, role, password_hash, source) values ($1, 'operator', $2, 'settings')
       on conflict (name) do nothing`,
      [user, await hashPassword(password)],
    );
  });
}

/** @returns the cookie of a new session, or undefined when name or password is wrong. */
export async function openSession(
  pool: Pool,
  { name, password, now }: { name: string; password: string; now: Date },
): Promise<string | undefined> {
  const { rows } = await pool.query<{ password_hash: string }>(
    'select password_hash from console_account where name = $1',
    [name],
  );
  if (!(await verifyPassword(password, rows[0]?.password_hash))) return undefined;
  const token = randomBytes(32).toString('base64url');
  await pool.query('delete from console_session where expires_at < $1', [now]);
  await pool.query('insert into console_session (token_hash, account, expires_at) values ($1, $2, $3)', [
    hashOf(token),
    name,
    new Date(now.getTime() + sessionHours * 3_600_000),
  ]);
  return token;
}

export async function visitorOfSession(pool: Pool, token: string, now: Date): Promise<Visitor | undefined> {
  const { rows } = await pool.query<{ name: string; role: Role }>(
    `select name, role from console_session join console_account on name = account
      where token_hash = $1 and expires_at > $2`,
    [hashOf(token), now],
  );
  return rows[0] && { ...rows[0], csrf: csrfOf(token), by: 'session' };
}

export async function closeSession(pool: Pool, token: string): Promise<void> {
  await pool.query('delete from console_session where token_hash = $1', [hashOf(token)]);
}

/** Programs authenticate with `Authorization: Bearer …`. */
export async function visitorOfToken(pool: Pool, token: string, now: Date): Promise<Visitor | undefined> {
  const { rows } = await pool.query<{ name: string; role: Role }>(
    `update api_token set last_used_at = $2 where token_hash = $1
     returning 'token ' || name as name, role`,
    [hashOf(token), now],
  );
  return rows[0] && { ...rows[0], csrf: undefined, by: 'token' };
}

/** @returns the token, which is shown once and never stored; undefined when the name is taken. */
export async function createToken(
  pool: Pool,
  { name, role, createdBy }: { name: string; role: Role; createdBy: string },
): Promise<string | undefined> {
  const token = `myc_${randomBytes(32).toString('base64url')}`;
  const { rowCount } = await pool.query(
    `insert into api_token (name, token_hash, role, created_by) values ($1, $2, $3, $4) on conflict do nothing`,
    [name, hashOf(token), role, createdBy],
  );
  return rowCount === 1 ? token : undefined;
}

/** @returns false when there is no such token. */
export async function removeToken(pool: Pool, id: number): Promise<boolean> {
  const { rowCount } = await pool.query('delete from api_token where id = $1', [id]);
  return rowCount === 1;
}

/** @returns false when the name is taken. */
export async function createAccount(
  pool: Pool,
  { name, role, password }: { name: string; role: Role; password: string },
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `insert into console_account (name, role, password_hash, source) values ($1, $2, $3, 'console')
     on conflict do nothing`,
    [name, role, await hashPassword(password)],
  );
  return rowCount === 1;
}

/** Ends its sessions too. The account from the settings cannot be removed. @returns false when none was removed. */
export async function removeAccount(pool: Pool, name: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `delete from console_account where name = $1 and source = 'console'`,
    [name],
  );
  return rowCount === 1;
}
