import { spawn } from 'node:child_process';
import { link, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readConfig, requireSettings } from '@mycelium/config';
import {
  ensureModel,
  imageIds,
  type Pool,
  quarantine,
  transaction,
  upsertEmbeddings,
  upsertImages,
} from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { growDemoFarm } from '@mycelium/demo';
import { freePort } from '@mycelium/embedded';
import { decodeImage, fuse, loadEncoder } from '@mycelium/encoder';
import { demoModelDir } from '@mycelium/encoder/demo-model';
import { addDays, dayOf, formatImageKey, parseImageKey } from '@mycelium/farm';
import { createQueues, syncSchedules } from '@mycelium/queue';
import { testRedis } from '@mycelium/queue/testing';
import { directoryStore, type ObjectStore } from '@mycelium/storage';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { findChromium } from '../tools/chromium.ts';

const timeZone = 'Asia/Shanghai';
const root = join(import.meta.dirname, '..', '..');

interface TestContext {
  after(release: () => unknown): void;
}

/** A caption that tries to run a script wherever it is shown. */
export const hostile =
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';

/** Today's demo farm with yesterday's images embedded, and a dashboard in a separate process. */
export async function openFarm(
  t: TestContext,
  settings: Record<string, string> = {},
  { empty = false } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-browser-'));
  const images = join(folder, 'images');
  await mkdir(images);
  t.after(() => rm(folder, { recursive: true }));
  const pool = await createTestDatabase(t);
  const connection = testRedis(t);
  const queues = createQueues(connection);
  t.after(() => Promise.all(queues.all.map((queue) => queue.close())));

  const store = directoryStore(images);
  const now = new Date();
  const days = { today: dayOf(now, timeZone), yesterday: addDays(dayOf(now, timeZone), -1) };
  if (!empty) {
    await growDemoFarm({ pool, store, timeZone, now });
    await embedDay(pool, store, days.yesterday);
    await addRecords(pool, now);
  }
  await syncSchedules(queues, timeZone, new Set());

  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const { REDIS_URL } = requireSettings(readConfig(), 'REDIS_URL');
  const dashboard = spawn(process.execPath, ['apps/dashboard/src/main.ts'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      DATABASE_URL: pool.url,
      REDIS_URL,
      REDIS_PREFIX: connection.prefix,
      IMAGE_DIR: images,
      CLIP_MODEL: demoModelDir,
      DASHBOARD_PORT: String(port),
      MYCELIUM_HOME: folder,
      TZ: timeZone,
      LOG_LEVEL: 'error',
      ...settings,
    },
  });
  const ended = new Promise((resolve) => dashboard.once('exit', resolve));
  t.after(async () => {
    dashboard.kill('SIGTERM');
    await ended;
  });
  await answers(`${address}/readyz`);
  return { address, pool, queues, connection, images, ...days };
}

/** Adds this many images, one every five minutes back from `newest`. All are the same picture under different names. */
export async function addImages(
  { pool, images }: { pool: Pool; images: string },
  { count, newest }: { count: number; newest: Date },
): Promise<void> {
  const picture = join(images, 'picture.jpg');
  await sharp({ create: { width: 800, height: 450, channels: 3, background: '#6b7f5e' } })
    .jpeg()
    .toFile(picture);
  const [batchInDate, rules] = [dayOf(newest, timeZone), { timeZone, aliases: {} }];
  const added = Array.from({ length: count }, (_, n) => {
    const capturedAt = new Date(newest.getTime() - n * 300_000);
    const room = ['607', '608', '611', '612'][n % 4] as string;
    const key = formatImageKey({ room, camera: '1921681207', batchInDate, capturedAt }, { timeZone });
    return { ...parseImageKey(key, rules), etag: String(n), bytes: 0 };
  });
  for (const folder of new Set(added.map(({ key }) => dirname(key)))) {
    await mkdir(join(images, folder), { recursive: true });
  }
  await Promise.all(added.map(({ key }) => link(picture, join(images, key))));
  await upsertImages(pool, added);
}

/** Waits for a server to start; the test runner's own limit ends a futile wait. */
async function answers(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Like the workers: lists, records, decodes, embeds and stores. One image is bad, and one has a hostile caption. */
async function embedDay(pool: Pool, store: ObjectStore, day: string): Promise<void> {
  const rules = { timeZone, aliases: {} };
  const images = [];
  for await (const { key, etag, size } of store.list('')) {
    images.push({ ...parseImageKey(key, rules), etag, bytes: size });
  }
  await upsertImages(pool, images);
  const ofDay = images.filter((image) => image.day === day);
  const [bad, ...good] = ofDay;
  if (!bad) throw new Error(`the demo farm has no images of ${day}`);
  await quarantine(pool, [
    { key: bad.key, etag: bad.etag, reason: 'truncated', detail: 'it ends too early' },
  ]);

  const encoder = await loadEncoder({
    model: demoModelDir,
    modelDir: demoModelDir,
    dtype: 'fp32',
    device: 'cpu',
    threads: 1,
  });
  try {
    const modelId = await ensureModel(pool, encoder.key, encoder.id);
    const known = await imageIds(
      pool,
      good.map(({ key }) => key),
    );
    const pixels = [];
    for (const { key } of good) pixels.push(await decodeImage((await store.read(key)).bytes));
    const vectors = await encoder.embedImages(pixels);
    const texts = good.map(
      ({ room, stage, growthDay }) => `Mushroom Room ${room}, ${stage} stage, Day ${growthDay}.`,
    );
    const textVectors = await encoder.embedTexts(texts);
    await transaction(pool, (tx) =>
      upsertEmbeddings(
        tx,
        modelId,
        good.map((image, n) => ({
          imageId: known.get(image.key)?.id as number,
          etag: image.etag,
          imageVector: vectors[n] as Float32Array,
          fusedVector: fuse(vectors[n] as Float32Array, textVectors[n] as Float32Array),
          madeFrom: 'identity' as const,
          textUsed: texts[n] as string,
          textCut: false,
          identityText: texts[n] as string,
          environment: {},
        })),
      ),
    );
  } finally {
    await encoder.close();
  }
  await pool.query(
    `update image_embedding set quality = 80, made_from = 'description', description = jsonb_build_object(
       'growth_stage_description', $1::text, 'chinese_description', '菌盖密集成丛', 'image_quality_score', 80)`,
    [hostile],
  );
}

async function addRecords(pool: Pool, now: Date): Promise<void> {
  await pool.query(
    `insert into runs (job, slot, status, cause, attempts, started_at, finished_at, lateness, report)
     values ('daily_env_stats', $1, 'succeeded', 'schedule', 1, $1, $1, interval '0 s', '{"written": 12}')`,
    [now],
  );
  await pool.query(
    `insert into schedule (job, pattern, time_zone, first_seen, accounted_until)
     values ('daily_env_stats', '20 3 1 * * *', $1, $2, $2)`,
    [timeZone, now],
  );
  await pool.query(
    `insert into alert (kind, subject, severity, message, code, params)
     values ('no-data', 'room 611', 'critical', 'no readings', 'alert.no-data.room', '{"room": "611", "slot": "01:03:20"}')`,
  );
}

export async function openBrowser(t: TestContext): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: await findChromium(readConfig().MYCELIUM_HOME),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  t.after(() => browser.close());
  return browser;
}

export interface Visit {
  page: Page;
  context: BrowserContext;
  /** The errors that the page reported; none if it is healthy. */
  complaints: string[];
}

export async function visit(
  browser: Browser,
  address: string,
  {
    width = 1280,
    height = 900,
    language = 'en',
    theme = 'light',
  }: { width?: number; height?: number; language?: 'en' | 'zh-CN'; theme?: 'light' | 'dark' } = {},
): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: address,
    viewport: { width, height },
    locale: language,
    colorScheme: theme,
  });
  // A busy machine is slow.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, context, complaints };
}
