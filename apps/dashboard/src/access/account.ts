import { createHash, randomBytes } from 'node:crypto';
import { type Pool, transaction } from '@mycelium/database';
import { hashPassword, verifyPassword } from './password.ts';
import { stepOf, useCode } from './second-factor.ts';

export type Role = 'viewer' | 'operator';

/** Who sent a request: a person with a session, a program with a token, or a person at this machine. */
export interface Visitor {
  name: string;
  role: Role;
  /** The page must send this with each write. A token needs none, since browsers do not send tokens by themselves. */
  csrf: string | undefined;
  by: 'session' | 'company' | 'proxy' | 'token' | 'local';
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

type Denied = 'refused.credentials' | 'refused.code-needed' | 'refused.code';

/** @returns the cookie of a new session, or why there is none */
export async function openSession(
  pool: Pool,
  { name, password, code, now }: { name: string; password: string; code?: string | undefined; now: Date },
): Promise<{ token: string } | { denied: Denied }> {
  const { rows } = await pool.query<{ password_hash: string; second_factor: string | null }>(
    'select password_hash, second_factor from console_account where name = $1',
    [name],
  );
  if (!(await verifyPassword(password, rows[0]?.password_hash))) return { denied: 'refused.credentials' };
  const secret = rows[0]?.second_factor;
  if (secret) {
    if (!code) return { denied: 'refused.code-needed' };
    if (!(await useCode(pool, { name, secret, code, now }))) return { denied: 'refused.code' };
  }
  return { token: await keepSession(pool, { account: name }, now) };
}

/** A session of somebody whom the company's login let in. @returns its cookie */
export const openCompanySession = (
  pool: Pool,
  { name, role, now }: { name: string; role: Role; now: Date },
): Promise<string> => keepSession(pool, { name, role }, now);

async function keepSession(
  pool: Pool,
  { account, name, role }: { account?: string; name?: string; role?: Role },
  now: Date,
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await pool.query('delete from console_session where expires_at < $1', [now]);
  await pool.query(
    'insert into console_session (token_hash, account, name, role, expires_at) values ($1, $2, $3, $4, $5)',
    [hashOf(token), account, name, role, new Date(now.getTime() + sessionHours * 3_600_000)],
  );
  return token;
}

export async function visitorOfSession(pool: Pool, token: string, now: Date): Promise<Visitor | undefined> {
  const { rows } = await pool.query<Pick<Visitor, 'name' | 'role' | 'by'>>(
    `select coalesce(a.name, s.name) as name, coalesce(a.role, s.role) as role,
            case when a.name is null then 'company' else 'session' end as by
       from console_session s left join console_account a on a.name = s.account
      where token_hash = $1 and expires_at > $2`,
    [hashOf(token), now],
  );
  return rows[0] && { ...rows[0], csrf: csrfOf(token) };
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

export async function hasSecondFactor(pool: Pool, name: string): Promise<boolean> {
  const { rows } = await pool.query<{ on: boolean }>(
    'select second_factor is not null as on from console_account where name = $1',
    [name],
  );
  return rows[0]?.on ?? false;
}

interface NewSecondFactor {
  name: string;
  password: string;
  secret: string;
  /** From the app, as proof that it has the secret. */
  code: string;
  /** The cookie of the session to keep: the others began without a code. */
  keep: string;
  now: Date;
}

/** @returns why it was not set; undefined when it was */
export async function setSecondFactor(
  pool: Pool,
  { name, password, secret, code, keep, now }: NewSecondFactor,
): Promise<Denied | undefined> {
  const { rows } = await pool.query<{ password_hash: string }>(
    'select password_hash from console_account where name = $1',
    [name],
  );
  if (!(await verifyPassword(password, rows[0]?.password_hash))) return 'refused.credentials';
  const step = stepOf(secret, code, now);
  if (step === undefined) return 'refused.code';
  await transaction(pool, async (tx) => {
    await tx.query('update console_account set second_factor = $2, second_factor_step = $3 where name = $1', [
      ...[name, secret, step],
    ]);
    await tx.query('delete from console_session where account = $1 and token_hash <> $2', [
      ...[name, hashOf(keep)],
    ]);
  });
  return undefined;
}

/**
 * @param proof the code that its owner needs; an operator removes somebody else's without one, such as after a lost phone
 * @returns false when there was none, or the code was wrong
 */
export async function removeSecondFactor(
  pool: Pool,
  name: string,
  proof?: { code: string; now: Date },
): Promise<boolean> {
  const { rows } = await pool.query<{ second_factor: string | null }>(
    'select second_factor from console_account where name = $1',
    [name],
  );
  const secret = rows[0]?.second_factor;
  if (!secret || (proof && !(await useCode(pool, { name, secret, ...proof })))) return false;
  const { rowCount } = await pool.query(
    'update console_account set second_factor = null where name = $1 and second_factor = $2',
    [name, secret],
  );
  return rowCount === 1;
}
