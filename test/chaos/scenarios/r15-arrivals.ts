import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '@mycelium/embedded';
import { startApp } from '../harness/app-process.ts';
import { startImageStore } from '../harness/image-store.ts';
import {
  countVectors,
  dayReport,
  deadLettered,
  keysOfDay,
  requestDay,
  writeImage,
} from '../harness/images.ts';
import type { Scenario, Testbed } from '../harness/scenario.ts';
import { startWorkerGroup } from '../harness/worker-group.ts';

const token = 'a token for the notifier';

export const r15: Scenario = {
  id: 'R15',
  title:
    'pictures arrive while the store is killed, paused, busy and slow, notifications are lost and repeated, and workers are killed',
  async run(outer) {
    const [count, seconds, faultSeconds] = outer.full ? [2_000, 180, 20] : [120, 8, 1];
    const keys = keysOfDay(count);
    const images = await startImageStore(outer);
    const { testbed, proxy } = images;
    const port = await freePort();
    const settings = { IMAGE_TOKEN: token, DASHBOARD_PORT: String(port) };
    const dashboard = await startApp(testbed, 'dashboard', settings);
    await answers(`http://127.0.0.1:${port}/livez`);
    const workers = startWorkerGroup(testbed, 3, { millisecondsPerImage: 20, leaseSeconds: 2 });
    await workers.ready();
    const notifier = createNotifier(testbed, `http://127.0.0.1:${port}/api/events/s3`);

    let ended = false;
    const killer = (async () => {
      while (!ended) {
        await wait(2_000);
        const victim = await workers.running(Math.floor(testbed.random() * 3));
        if (!ended) victim.kill('SIGKILL');
      }
    })();
    const faults = (async () => {
      const duringMode = async (mode: keyof typeof proxy.mode) => {
        proxy.mode[mode] = true;
        await wait(faultSeconds * 1_000);
        proxy.mode[mode] = false;
      };
      for (const fault of [
        () => images.kill(faultSeconds),
        () => images.pause(faultSeconds),
        () => duringMode('busy'),
        () => duringMode('slow'),
      ]) {
        await wait((seconds * 1_000) / 5 - faultSeconds * 1_000);
        await fault();
      }
    })();
    const sent: Promise<void>[] = [];
    for (const key of keys) {
      // The camera waits until the store is back.
      while (
        !(await writeImage(testbed, key).then(
          () => true,
          () => false,
        ))
      )
        await wait(200);
      sent.push(notifier.notify(key));
      await wait((seconds * 1_000) / count);
    }
    await Promise.all([...sent, faults]);
    const { dropped, repeated, failed } = notifier.counts;
    const delivered = count - dropped - failed;
    const byThemselves = await settled(testbed, delivered);

    ended = !testbed.full;
    await requestDay(testbed);
    const report = await dayReport(testbed, testbed.full ? 300 : 120);
    ended = true;
    await killer;
    const { lost, doubled } = await countVectors(testbed.pool, keys);
    const dead = await deadLettered(testbed);
    const broken: string[] = [];
    if (!report) broken.push('the nightly run did not end');
    if (dead.length > 0) broken.push(`${dead.length} images dead-lettered`);
    if (workers.deaths() === 0) broken.push('no worker was killed');
    if (proxy.counts.busy === 0 || proxy.counts.slow === 0)
      broken.push('the store was never busy, or never slow');
    if (dropped === 0 || repeated === 0) broken.push('no notification was lost, or none was repeated');
    if (byThemselves < delivered)
      broken.push(`only ${byThemselves} of ${delivered} were embedded when they arrived`);
    if (dashboard.child.exitCode !== null) broken.push('the dashboard ended');
    return {
      ...{ lost, doubled, recovered: workers.deaths(), broken },
      note: `${count} pictures: ${byThemselves} embedded when they arrived, ${report?.succeeded ?? 0} by one nightly run; ${dropped} notifications lost, ${failed} refused while the store was away, ${repeated} repeated; the store killed and paused for ${faultSeconds} s each, ${proxy.counts.busy} of its requests refused, ${proxy.counts.slow} slowed by 1 s; ${workers.deaths()} kills of workers`,
    };
  },
};

/** A notifier that drops half of its messages and repeats a third of the others. */
function createNotifier(testbed: Testbed, url: string) {
  const counts = { dropped: 0, repeated: 0, failed: 0 };
  const send = async (key: string) => {
    const record = {
      eventName: 's3:ObjectCreated:Put',
      s3: { bucket: { name: 'mogu' }, object: { key: encodeURIComponent(key) } },
    };
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ Records: [record] }),
    });
    return answer.ok;
  };
  async function notify(key: string): Promise<void> {
    if (testbed.random() < 0.5) {
      counts.dropped++;
      return;
    }
    const repeats = testbed.random() < 1 / 3;
    if (repeats) counts.repeated++;
    if (!(await send(key))) counts.failed++;
    if (repeats) await send(key);
  }
  return { counts, notify };
}

/** Waits until this many images have vectors, or until nothing has happened for a while. @returns the number of vectors */
async function settled({ pool }: Testbed, expected: number): Promise<number> {
  let vectors = 0;
  let changedAt = Date.now();
  // Longer than a batch waits for its twentieth image, and then for the lock of a killed worker.
  while (vectors < expected && Date.now() - changedAt < 20_000) {
    await wait(200);
    const { rows } = await pool.query<{ n: number }>('select count(*) as n from image_embedding');
    const { n } = rows[0] as { n: number };
    if (n !== vectors) changedAt = Date.now();
    vectors = n;
  }
  return vectors;
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await wait(100);
  }
  throw new Error(`${url} does not answer`);
}
