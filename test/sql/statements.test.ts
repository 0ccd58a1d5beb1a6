import assert from 'node:assert/strict';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Pool } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { findStatements } from './find-statements.ts';
import { samples } from './samples.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('every SQL statement in the code can be prepared against the migrated schema', async (t) => {
  const pool = await createTestDatabase(t);
  const statements = await findStatements(root, samples);
  assert.ok(statements.length > 150, `found only ${statements.length} statements`);
  const wrong = statements
    .filter(({ unknown }) => unknown)
    .map(({ file, line, unknown }) => `${file}:${line}: add samples of ${unknown} to test/sql/samples.ts`);
  for (const { file, line, texts } of statements) {
    for (const text of texts) {
      const mistake = await prepare(pool, text);
      if (mistake) wrong.push(`${file}:${line}: ${mistake}\n    ${text.replace(/\s+/g, ' ').trim()}`);
    }
  }
  assert.equal(wrong.join('\n'), '');
});

test('a misspelt column and an unknown part are found', async (t) => {
  const pool = await createTestDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-sql-'));
  await mkdir(join(folder, 'apps/one/src'), { recursive: true });
  await writeFile(
    join(folder, 'apps/one/src/page.ts'),
    `const columns = 'job, slott';
     const where = { all: 'true', failed: "statuss = 'failed'" };
     export const one = (db) => db.query(\`select \${columns} from runs\`);
     export const two = (db, which) => db.query(\`select job from runs where \${where[which]}\`);
     export const three = (db, table) => db.query(\`select * from \${table}\`);`,
  );
  const [one, two, three] = await findStatements(folder, {});
  assert.match((await prepare(pool, one?.texts[0] ?? '')) ?? '', /column "slott" does not exist/);
  assert.equal(await prepare(pool, two?.texts[0] ?? ''), undefined);
  assert.match((await prepare(pool, two?.texts[1] ?? '')) ?? '', /column "statuss" does not exist/);
  assert.equal(three?.unknown, 'table');
});

/** @returns PostgreSQL's error. Statements that cannot be prepared, such as `create table`, pass */
async function prepare(pool: Pool, text: string): Promise<string | undefined> {
  const statement = copied(text) ?? text;
  if (!/^\s*\(*\s*(select|insert|update|delete|with|values|merge)\b/i.test(statement)) return undefined;
  const client = await pool.connect();
  try {
    await client.query(`prepare checked as ${statement}`);
    await client.query('deallocate checked');
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    client.release();
  }
}

/** `copy (select …) to` and `copy table (columns) from` read and write what this statement reads. */
function copied(text: string): string | undefined {
  const query = /^\s*copy\s+\((.*)\)\s+to\b/is.exec(text)?.[1];
  const [, table, columns] = /^\s*copy\s+(\w+)\s+\(([^)]*)\)\s+from\b/is.exec(text) ?? [];
  return query ?? (table && `select ${columns} from ${table}`);
}
