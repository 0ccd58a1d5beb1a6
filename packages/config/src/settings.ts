import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const zone = z.string().refine(isTimeZone, 'an IANA time zone such as Asia/Shanghai');
const port = z.coerce.number().int().min(1).max(65_535);
const daysKept = z.coerce.number().int();
const url = (protocols: RegExp, example: string) =>
  z.url({ protocol: protocols, error: `an address such as ${example}` });

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

/** `7:607,8:608` → { 7: '607', 8: '608' } */
const roomAliases = z
  .string()
  .regex(/^(\s*\w+\s*:\s*\w+\s*(,|$))*$/, 'pairs of rooms such as 7:607,8:608')
  .transform(
    (text): Record<string, string> =>
      Object.fromEntries(
        text
          .split(',')
          .filter((pair) => pair.trim())
          .map((pair) => pair.split(':').map((room) => room.trim()) as [string, string]),
      ),
  );

/** PostgreSQL never runs as root, and must be able to enter this folder: /root is closed to it. */
function defaultHome(env: Record<string, string | undefined>): string {
  if (process.getuid?.() === 0) return '/var/lib/mycelium';
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'mycelium');
}

const secrets = new Set([
  'S3_SECRET_KEY',
  'CAPTION_API_KEY',
  'DASHBOARD_PASSWORD',
  'INGEST_TOKEN',
  'ALERT_WEBHOOK_SECRET',
]);
/** Addresses that may hold a password or a token. */
const addresses = new Set([
  'REDIS_URL',
  'DATABASE_URL',
  'CAPTION_URL',
  'ALERT_WEBHOOK_URL',
  'S3_ENDPOINT',
  'HF_ENDPOINT',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
]);

/** Told together with the mistakes in single settings, not only when there are none. */
const always = () => true;

/** Every setting. An empty value counts as absent. */
export const settings = (env: Record<string, string | undefined>) =>
  z
    .object({
      TZ: zone
        .default(Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC')
        .describe("The farm's time zone"),
      MYCELIUM_HOME: z.string().default(defaultHome(env)).describe('Servers, logs and models of `npm start`'),

      REDIS_URL: url(/^rediss?(\+sentinel|\+cluster)?$/, 'redis://:password@host:6379').optional(),
      REDIS_PREFIX: z
        .string()
        .regex(/^[\w{}:-]+$/, 'letters, digits, braces, colons and dashes')
        .default('{mycelium}')
        .describe('Before every key in Redis; the braces keep a cluster from spreading one queue'),
      REDIS_CONNECT_TIMEOUT: z.coerce.number().int().min(100).default(10_000).describe('Milliseconds'),
      REDIS_COMMAND_TIMEOUT: z.coerce.number().int().min(100).default(10_000).describe('Milliseconds'),
      DATABASE_URL: url(/^postgres(ql)?$/, 'postgres://user:password@host/mycelium').optional(),

      S3_ENDPOINT: url(/^https?$/, 'http://host:9000').optional(),
      S3_ACCESS_KEY: z.string().optional(),
      S3_SECRET_KEY: z.string().optional(),
      S3_BUCKET: z.string().default('mogu'),
      S3_REGION: z.string().default('us-east-1'),
      IMAGE_DIR: z.string().optional().describe('A folder of images, where there is no object store'),
      ROOM_ALIASES: roomAliases.prefault('7:607,8:608'),

      CLIP_MODEL: z.string().optional().describe('A folder, or a hub id below MODEL_DIR'),
      MODEL_DIR: z.string().default(join(env.MYCELIUM_HOME || defaultHome(env), 'models')),
      HF_ENDPOINT: url(/^https?$/, 'https://huggingface.co').default('https://huggingface.co'),
      CLIP_DEVICE: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
      CLIP_DTYPE: z.enum(['fp32', 'fp16', 'q8']).default('fp32'),
      CLIP_THREADS: z.coerce
        .number()
        .int()
        .min(1)
        .optional()
        .describe('Threads of inference; the free cores'),
      CAPTION_URL: url(/^https?$/, 'http://host:11434').optional(),
      CAPTION_MODEL: z.string().default('llama3.2-vision'),
      CAPTION_API_KEY: z.string().optional(),

      DASHBOARD_HOST: z.string().default('127.0.0.1'),
      DASHBOARD_PORT: port.default(7300),
      DASHBOARD_USER: z.string().optional(),
      DASHBOARD_PASSWORD: z.string().min(8, 'at least 8 characters').optional(),
      INGEST_TOKEN: z.string().min(16, 'at least 16 characters').optional(),
      ALERT_WEBHOOK_URL: url(/^https?$/, 'https://host/hook').optional(),
      ALERT_WEBHOOK_SECRET: z
        .string()
        .min(16, 'at least 16 characters')
        .optional()
        .describe('Signs what is sent to ALERT_WEBHOOK_URL'),

      HEALTH_PORT: port.optional().describe('/livez, /readyz and /metrics of a worker or scheduler'),
      HEALTH_HOST: z
        .string()
        .default('127.0.0.1')
        .describe('Where HEALTH_PORT listens: nothing secret is told there'),
      DRAIN_SECONDS: z.coerce
        .number()
        .min(0)
        .default(10)
        .describe('What a process may take to end after SIGTERM'),
      OTEL_EXPORTER_OTLP_ENDPOINT: url(/^https?$/, 'http://host:4318')
        .optional()
        .describe('A collector that is sent a trace of every job'),
      KEEP_RUNS_DAYS: daysKept.min(62).default(400).describe('Days after which `prune` forgets a run'),
      KEEP_ALERTS_DAYS: daysKept.min(7).default(400).describe('The same of alerts that are over'),
      KEEP_AUDIT_DAYS: daysKept.min(62).optional().describe('The same of the audit log; unset: for ever'),
      KEEP_IMAGES_DAYS: daysKept
        .min(62)
        .optional()
        .describe('The same of images and their vectors, not of the objects; unset: for ever'),
      KEEP_READINGS_DAYS: daysKept
        .min(62)
        .optional()
        .describe('The same of readings, by whole months; unset: for ever'),
      LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
      LOG_FORMAT: z.enum(['pretty', 'json']).default(process.stdout.isTTY ? 'pretty' : 'json'),
    })
    .refine((read) => !read.S3_ENDPOINT || (read.S3_ACCESS_KEY && read.S3_SECRET_KEY), {
      path: ['S3_ACCESS_KEY'],
      error: 'S3_ACCESS_KEY and S3_SECRET_KEY, since S3_ENDPOINT is set',
      when: always,
    })
    .refine((read) => Boolean(read.DASHBOARD_USER) === Boolean(read.DASHBOARD_PASSWORD), {
      path: ['DASHBOARD_USER'],
      error: 'DASHBOARD_USER and DASHBOARD_PASSWORD together, or neither',
      when: always,
    });

export type Config = z.output<ReturnType<typeof settings>>;
export type Setting = keyof Config;

/** Days that `prune` leaves things; undefined: for ever. */
export const keptDays = (config: Config) => ({
  runs: config.KEEP_RUNS_DAYS,
  alerts: config.KEEP_ALERTS_DAYS,
  audit: config.KEEP_AUDIT_DAYS,
  images: config.KEEP_IMAGES_DAYS,
  readings: config.KEEP_READINGS_DAYS,
});

/** A value as it may be shown: secrets hidden, passwords taken out of addresses. */
export function redact(setting: string, value: string): string {
  if (secrets.has(setting)) return '***';
  if (!addresses.has(setting)) return value;
  return value
    .replace(
      /\/\/([^/@]*?)(:[^/@]*)?@/,
      (_, user: string, password?: string) => `//${user}${password ? ':***' : ''}@`,
    )
    .replace(/\?.*$/, '?***');
}
