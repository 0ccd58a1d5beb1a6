import { type Config, requireSettings } from '@mycelium/config';
import { clocksAhead, createPool } from '@mycelium/database';
import { connect, primariesOf } from '@mycelium/queue';
import { about, type Finding } from './finding.ts';

const say = about('clocks');

/** Seconds a clock may be off: a lease lasts 15, and a job may start 300 late. */
const harmless = 2;
const harmful = 10;

/** How many seconds another clock is ahead of this machine's, corrected by half the round trip. */
async function ahead(readClock: () => Promise<number>): Promise<number> {
  const before = Date.now();
  const other = await readClock();
  return (other - (before + Date.now()) / 2) / 1_000;
}

/** Slots, leases and days depend on the clocks of this machine, of both servers and of every process. */
export async function examineClocks(config: Config): Promise<Finding[]> {
  const settings = requireSettings(config, 'REDIS_URL', 'DATABASE_URL');
  const { redis } = connect(settings, () => {});
  const pool = createPool(settings.DATABASE_URL, { name: 'mycelium doctor', max: 1 });
  try {
    await redis.ping();
    await pool.query('select');
    const [server] = primariesOf(redis);
    const clocks = new Map<string, number>();
    clocks.set(
      'PostgreSQL',
      await ahead(async () => {
        const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now');
        return (rows[0] as { now: Date }).now.getTime();
      }),
    );
    if (server) {
      clocks.set(
        'Redis',
        await ahead(async () => {
          const [seconds, microseconds] = await server.time();
          return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
        }),
      );
    }
    const findings = [...clocks].flatMap(([whose, seconds]) => judge(`the clock of ${whose}`, seconds));
    const processes = await clocksAhead(pool).catch(() => []); // the check of PostgreSQL reports missing tables
    for (const { process, seconds } of processes)
      findings.push(...judge(`the clock of ${process}, against PostgreSQL,`, seconds));
    return findings.length > 0 ? findings : [say('good', 'agree within 2 s')];
  } finally {
    redis.disconnect();
    await pool.end();
  }
}

function judge(whose: string, seconds: number): Finding[] {
  if (Math.abs(seconds) < harmless) return [];
  const how = `${Math.abs(seconds).toFixed(1)} s ${seconds > 0 ? 'ahead' : 'behind'}`;
  return [
    say(
      Math.abs(seconds) < harmful ? 'warning' : 'bad',
      `${whose} is ${how}: run NTP (chrony) on every machine`,
    ),
  ];
}
