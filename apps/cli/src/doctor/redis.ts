import { type Config, requireSettings } from '@mycelium/config';
import { connect, primariesOf } from '@mycelium/queue';
import { about, type Finding } from './finding.ts';

const say = about('Redis');

type Server = ReturnType<typeof primariesOf>[number];

/** Redis holds the queues: it must neither evict jobs nor lose them in a restart. */
export async function examineRedis(config: Config): Promise<Finding[]> {
  const settings = requireSettings(config, 'REDIS_URL');
  const { redis } = connect(settings, () => {});
  try {
    await redis.ping(); // after this, the servers of a cluster are known
    const servers = primariesOf(redis);
    const found = (await Promise.all(servers.map(examineServer))).flat();
    const seen = new Set<string>();
    const findings = found.filter(({ says }) => !seen.has(says) && seen.add(says)); // the servers of a cluster often have the same findings
    return [...findings, ...addressFindings(settings, servers.length > 1)];
  } finally {
    redis.disconnect();
  }
}

async function examineServer(redis: Server): Promise<Finding[]> {
  const info = readInfo(await redis.info());
  const findings = [versionFinding(info.redis_version ?? '0')];

  const policy = info.maxmemory_policy;
  findings.push(
    policy === 'noeviction'
      ? say('good', 'never evicts jobs')
      : say(
          'bad',
          `maxmemory-policy is ${policy}: when memory is short, Redis deletes jobs; set it to noeviction`,
        ),
  );
  const [used, limit] = [Number(info.used_memory), Number(info.maxmemory)];
  if (limit > 0 && used > limit * 0.8) {
    findings.push(
      say(
        used > limit * 0.95 ? 'bad' : 'warning',
        `${Math.round((100 * used) / limit)} % of maxmemory is used: when it is full, no job can be added; raise maxmemory`,
      ),
    );
  }
  findings.push(await persistenceFinding(redis, info));
  if (info.aof_enabled === '1' && info.aof_last_write_status === 'err') {
    findings.push(say('bad', 'failed to write its append-only file: check its log and its disk'));
  }
  return findings;
}

async function persistenceFinding(redis: Server, info: Record<string, string | undefined>): Promise<Finding> {
  if (info.aof_enabled === '1') return say('good', 'keeps an append-only file');
  const snapshots = await redis.config('GET', 'save').then(
    (answer) => Boolean((answer as string[])[1]),
    () => undefined, // hosted Redis often forbids CONFIG
  );
  if (snapshots) {
    return say('warning', 'keeps only snapshots: a crash loses the last minutes; set appendonly yes');
  }
  if (snapshots === undefined) {
    return say('warning', 'does not allow CONFIG GET: check yourself that persistence is on');
  }
  return say('bad', 'keeps nothing on disk: a restart loses every job; set appendonly yes');
}

function addressFindings(
  { REDIS_URL, REDIS_PREFIX }: Pick<Config, 'REDIS_PREFIX'> & { REDIS_URL: string },
  several: boolean,
): Finding[] {
  const findings: Finding[] = [];
  const { password, hostname, protocol } = new URL(REDIS_URL);
  const local = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  if (!local && !password) {
    findings.push(
      say('warning', 'has no password in REDIS_URL: set requirepass, and write redis://:password@host'),
    );
  }
  if (!local && !protocol.startsWith('rediss')) {
    findings.push(say('warning', 'is used without TLS: write rediss://, unless the network is your own'));
  }
  if (several && !/\{.+\}/.test(REDIS_PREFIX)) {
    findings.push(
      say(
        'bad',
        `REDIS_PREFIX ${REDIS_PREFIX} has no {…}: a cluster would spread one queue over several servers; write {${REDIS_PREFIX}}`,
      ),
    );
  }
  return findings;
}

function versionFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > 6 || (major === 6 && minor >= 2);
  return enough
    ? say('good', `version ${version}`)
    : say('bad', `version ${version} is too old: install 6.2 or newer`);
}

function readInfo(text: string): Record<string, string | undefined> {
  return Object.fromEntries(
    text.split(/\r?\n/).map((line) => [line.split(':')[0], line.slice(line.indexOf(':') + 1)]),
  );
}
