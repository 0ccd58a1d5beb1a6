import { type Config, requireSettings } from '@mycelium/config';
import { connect } from '@mycelium/queue';
import { about, type Finding } from './finding.ts';

const say = about('Redis');

/** Jobs live in Redis: it may neither evict them nor forget them at a restart. */
export async function examineRedis(config: Config): Promise<Finding[]> {
  const settings = requireSettings(config, 'REDIS_URL');
  const { redis } = connect(settings, () => {});
  try {
    const info = readInfo(await redis.info());
    const findings = [versionFinding(info.redis_version ?? '0')];

    const policy = info.maxmemory_policy;
    findings.push(
      policy === 'noeviction'
        ? say('good', 'evicts nothing')
        : say(
            'bad',
            `maxmemory-policy is ${policy}: under pressure it throws jobs away; set it to noeviction`,
          ),
    );
    const aof = info.aof_enabled === '1';
    const snapshots = await redis.config('GET', 'save').then(
      (answer) => Boolean((answer as string[])[1]),
      () => undefined, // not allowed where Redis is rented
    );
    if (aof) findings.push(say('good', 'keeps an append-only file'));
    else if (snapshots) {
      findings.push(
        say('warning', 'keeps snapshots alone: a crash loses the last minutes; set appendonly yes'),
      );
    } else if (snapshots === undefined)
      findings.push(say('warning', 'does not tell whether it keeps its data'));
    else findings.push(say('bad', 'keeps nothing on disk: a restart loses every job; set appendonly yes'));

    const { password, hostname } = new URL(settings.REDIS_URL);
    const local = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
    if (!password && !local) findings.push(say('warning', 'has no password in REDIS_URL'));
    return findings;
  } finally {
    redis.disconnect();
  }
}

function versionFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > 6 || (major === 6 && minor >= 2);
  return enough
    ? say('good', `version ${version}`)
    : say('bad', `version ${version} is too old; wanted: 6.2 or newer`);
}

function readInfo(text: string): Record<string, string | undefined> {
  return Object.fromEntries(
    text.split(/\r?\n/).map((line) => [line.split(':')[0], line.slice(line.indexOf(':') + 1)]),
  );
}
