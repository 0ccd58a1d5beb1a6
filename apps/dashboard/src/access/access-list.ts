import type { Queryable } from '@mycelium/database';
import type { Role } from './account.ts';

export interface AccountRow {
  name: string;
  role: Role;
  source: 'settings' | 'console';
  createdAt: Date;
  /** Whether a login asks for a code too. */
  secondFactor: boolean;
}

export async function listAccounts(db: Queryable): Promise<AccountRow[]> {
  const { rows } = await db.query<AccountRow>(
    `select name, role, source, created_at as "createdAt",
            second_factor is not null as "secondFactor"
       from console_account order by source desc, name`,
  );
  return rows;
}

export interface TokenRow {
  id: number;
  name: string;
  role: Role;
  createdBy: string;
  createdAt: Date;
  lastUsedAt: Date | null;
}

export async function listTokens(db: Queryable): Promise<TokenRow[]> {
  const { rows } = await db.query<TokenRow>(
    `select id, name, role, created_by as "createdBy", created_at as "createdAt", last_used_at as "lastUsedAt"
     from api_token order by name`,
  );
  return rows;
}
