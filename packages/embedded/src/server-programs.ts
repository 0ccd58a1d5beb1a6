import { globSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProgram, output } from './command.ts';
import { unpackDebianPackages } from './debian-packages.ts';

export interface PostgresProgram {
  /** The folder of postgres and initdb. */
  bin: string;
  major: number;
  /** Version of pgvector, such as 0.8.0. */
  pgvector: string;
}

export interface S3Programs {
  /** The path of radosgw. */
  server: string;
  /** The path of radosgw-admin. */
  admin: string;
}

export interface ServerPrograms {
  /** The path of redis-server. */
  redis?: string | undefined;
  postgres?: PostgresProgram | undefined;
  s3?: S3Programs | undefined;
}

interface NeededServers {
  redis: boolean;
  postgres: boolean;
  s3: boolean;
  /** Only the major version of PostgreSQL that wrote the data can read it. */
  postgresMajor: number | undefined;
  /** The folder for the folders of unpacked servers. */
  services: string;
  onProgress?: ((message: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

const OLDEST_REDIS = 7;
const OLDEST_POSTGRES = 16;
const OLDEST_PGVECTOR = '0.7';

export const DEBIAN_SERVERS = {
  packages: ['postgresql-17', 'postgresql-17-pgvector', 'redis-server'],
  // Maintenance scripts and tools, and the compiler behind `jit`, which is off.
  leaveOut:
    /^(libllvm|libz3|perl|libperl|lib.*-perl$|debconf|adduser|passwd|ucf|procps|locales|libc-l10n|ssl-cert|openssl$|postgresql-common|postgresql-client-common)/,
  programs: ['usr/lib/postgresql/17/bin/*', 'usr/bin/redis-*'],
};

/** Ceph's S3 server, without the cluster behind it. */
const DEBIAN_S3 = {
  packages: ['radosgw', 'ceph-common'],
  leaveOut:
    /^(libcephfs|librbd|libradosstriper|librgw2|python3|libpython3|perl|debconf|adduser|passwd|systemd|libsystemd-shared|dbus|mount$|mawk|procps|init-system|sysvinit|base-files|libpam-|iproute2)/,
  programs: ['usr/bin/radosgw', 'usr/bin/radosgw-admin'],
  libraries: ['usr/lib/*-linux-gnu*/ceph/*.so*'],
};

const noServers = (what: string, cause: Error) =>
  new Error(
    `This machine has no ${what}, and unpacking it from Debian's packages failed: ${cause.message}. ` +
      'Run `docker compose up` instead, or set REDIS_URL and DATABASE_URL to servers that run elsewhere.',
    { cause },
  );

/**
 * Finds servers that are new enough: the ones unpacked earlier (which wrote the existing data), or else installed ones,
 * or else newly unpacked ones.
 * @throws Error that suggests alternatives
 */
export async function findServerPrograms(needed: NeededServers): Promise<ServerPrograms> {
  const [databases, s3] = [await findDatabases(needed), needed.s3 ? await findS3(needed) : undefined];
  return { ...databases, s3 };
}

async function findDatabases({ services, ...needed }: NeededServers): Promise<ServerPrograms> {
  const folder = join(services, 'servers');
  const find = async () => ({
    ...(needed.redis && { redis: await findRedis(folder) }),
    ...(needed.postgres && { postgres: await findPostgres(folder, needed.postgresMajor) }),
  });
  const complete = (found: ServerPrograms) =>
    (!needed.redis || found.redis) && (!needed.postgres || found.postgres);

  const found = await find();
  if (complete(found)) return found;
  const missing = [
    needed.redis && !found.redis && `Redis ${OLDEST_REDIS} or newer`,
    needed.postgres &&
      !found.postgres &&
      `PostgreSQL ${needed.postgresMajor ?? `${OLDEST_POSTGRES} or newer`} with pgvector ${OLDEST_PGVECTOR} or newer`,
  ]
    .filter(Boolean)
    .join(' and no ');
  const { onProgress, signal } = needed;
  await unpackDebianPackages({
    ...DEBIAN_SERVERS,
    folder,
    signal,
    onProgress: (step) => onProgress?.(`Getting PostgreSQL and Redis, once: ${step}`),
  }).catch((error) => {
    throw error.name === 'AbortError' ? error : noServers(missing, error);
  });
  const unpacked = await find();
  if (complete(unpacked)) return unpacked;
  throw noServers(
    missing,
    new Error(`the programs unpacked into ${folder} do not run or have another version`),
  );
}

/** @throws Error when this machine has none and its packages cannot be unpacked */
async function findS3({ services, onProgress, signal }: NeededServers): Promise<S3Programs> {
  const folder = join(services, 's3');
  const find = async () => {
    for (const bin of [join(folder, 'usr/bin'), dirname((await findProgram('radosgw')) ?? '/none/')]) {
      const [server, admin] = [join(bin, 'radosgw'), join(bin, 'radosgw-admin')];
      const version = await output(admin, ['--version']).catch(() => '');
      if (version.startsWith('ceph version')) return { server, admin };
    }
    return undefined;
  };
  const found = await find();
  if (found) return found;
  await unpackDebianPackages({
    ...DEBIAN_S3,
    folder,
    signal,
    onProgress: (step) => onProgress?.(`Getting an S3 server, once: ${step}`),
  }).catch((error) => {
    throw error.name === 'AbortError' ? error : noS3(error);
  });
  const unpacked = await find();
  if (unpacked) return unpacked;
  throw noS3(new Error(`the programs unpacked into ${folder} do not run`));
}

const noS3 = (cause: Error) =>
  new Error(
    `This machine has no radosgw, and unpacking it from Debian's packages failed: ${cause.message}. ` +
      'Leave out --s3, or set S3_ENDPOINT to a server that runs elsewhere.',
    { cause },
  );

async function findRedis(folder: string): Promise<string | undefined> {
  for (const path of [join(folder, 'usr/bin/redis-server'), await findProgram('redis-server')]) {
    const version = path && /v=(\d+)\./.exec(await output(path, ['--version']).catch(() => ''))?.[1];
    if (path && Number(version) >= OLDEST_REDIS) return path;
  }
  return undefined;
}

async function findPostgres(folder: string, major: number | undefined): Promise<PostgresProgram | undefined> {
  const onPath = await findProgram('postgres');
  const places = [
    ...globSync(join(folder, 'usr/lib/postgresql/*/bin')),
    ...globSync(['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin']).sort().reverse(),
    ...(onPath ? [dirname(onPath)] : []),
  ];
  for (const bin of places) {
    const program = await inspectPostgres(bin);
    if (program && (major === undefined || program.major === major)) return program;
  }
  return undefined;
}

async function inspectPostgres(bin: string): Promise<PostgresProgram | undefined> {
  const version = await output(join(bin, 'postgres'), ['--version']).catch(() => '');
  const major = Number(/(\d+)(\.\d+)?/.exec(version)?.[1]);
  if (!(major >= OLDEST_POSTGRES) || !(await stat(join(bin, 'initdb')).catch(() => undefined)))
    return undefined;
  const share = await output(join(bin, 'pg_config'), ['--sharedir']).catch(() => '');
  const control = await readFile(join(share.trim(), 'extension/vector.control'), 'utf8').catch(() => '');
  const pgvector = /^default_version\s*=\s*'([\d.]+)'/m.exec(control)?.[1];
  if (!pgvector || pgvector.localeCompare(OLDEST_PGVECTOR, 'en', { numeric: true }) < 0) return undefined;
  return { bin, major, pgvector };
}
