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

/** PostgreSQL never runs as root but must be able to enter this folder, and it cannot enter /root. */
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

/** Reports these together with the mistakes in single settings, not only when there are none. */
const always = () => true;

/** Every setting. An empty value counts as absent. The descriptions make docs/settings.md. */
export const settings = (env: Record<string, string | undefined>) =>
  z
    .object({
      TZ: zone
        .default(Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC')
        .describe('Time zone of the farm: its days and its timetable'),
      MYCELIUM_HOME: z
        .string()
        .default(defaultHome(env))
        .describe('Folder in which `npm start` keeps its servers, logs, models and images'),

      REDIS_URL: url(/^rediss?(\+sentinel|\+cluster)?$/, 'redis://:password@host:6379')
        .optional()
        .describe(
          'Redis server: `redis://:password@host:6379`, `rediss://` for TLS, `redis+cluster://`, `redis+sentinel://`. ' +
            '`npm start` runs its own where this is not set',
        ),
      REDIS_PREFIX: z
        .string()
        .regex(/^[\w{}:-]+$/, 'letters, digits, braces, colons and dashes')
        .default('{mycelium}')
        .describe('Prefix of every key in Redis. The braces keep a queue on one server of a cluster'),
      REDIS_CONNECT_TIMEOUT: z.coerce
        .number()
        .int()
        .min(100)
        .default(10_000)
        .describe('Milliseconds to wait for a connection to Redis'),
      REDIS_COMMAND_TIMEOUT: z.coerce
        .number()
        .int()
        .min(100)
        .default(10_000)
        .describe('Milliseconds to wait for the answer to a Redis command'),
      DATABASE_URL: url(/^postgres(ql)?$/, 'postgres://user:password@host/mycelium')
        .optional()
        .describe(
          'PostgreSQL database with pgvector: `postgres://user:password@host/mycelium`. `npm start` runs its own ' +
            'where this is not set',
        ),

      S3_ENDPOINT: url(/^https?$/, 'http://host:9000')
        .optional()
        .describe('S3-compatible store that holds the images. Needs the two keys below'),
      S3_ACCESS_KEY: z.string().optional().describe('Access key of the store'),
      S3_SECRET_KEY: z.string().optional().describe('Secret key of the store'),
      S3_BUCKET: z.string().default('mogu').describe('Bucket that holds the images'),
      S3_REGION: z.string().default('us-east-1').describe('Region of the bucket'),
      IMAGE_DIR: z
        .string()
        .optional()
        .describe('Folder that holds the images where there is no object store'),
      ROOM_ALIASES: roomAliases
        .prefault('7:607,8:608')
        .describe('Short room names in image keys and the rooms they mean'),

      CLIP_MODEL: z
        .string()
        .optional()
        .describe(
          'CLIP model of the image workers: a folder, or a hub id in MODEL_DIR. See [Models](models.md)',
        ),
      MODEL_DIR: z
        .string()
        .default(join(env.MYCELIUM_HOME || defaultHome(env), 'models'))
        .describe('Folder for downloaded models'),
      HF_ENDPOINT: url(/^https?$/, 'https://huggingface.co')
        .default('https://huggingface.co')
        .describe('Hub that `mycelium models fetch` downloads from'),
      CLIP_DEVICE: z
        .enum(['auto', 'cpu', 'cuda'])
        .default('auto')
        .describe('Device for inference: `cpu`, `cuda`, or `auto` (CUDA where it works, else the CPU)'),
      CLIP_DTYPE: z
        .enum(['fp32', 'fp16', 'q8'])
        .default('fp32')
        .describe('Precision of the model: `fp32`, `fp16` or `q8`'),
      CLIP_THREADS: z.coerce.number().int().min(1).optional().describe('Threads for inference on the CPU'),
      CAPTION_URL: url(/^https?$/, 'http://host:11434')
        .optional()
        .describe(
          'Server that describes images (Ollama or any OpenAI-compatible one). Without it there are no descriptions',
        ),
      CAPTION_MODEL: z.string().default('llama3.2-vision').describe('Model that describes images'),
      CAPTION_API_KEY: z.string().optional().describe('API key of the server that describes images'),

      DASHBOARD_HOST: z
        .string()
        .default('127.0.0.1')
        .describe(
          'Address the dashboard listens on. Any address other than this machine’s needs DASHBOARD_USER and DASHBOARD_PASSWORD',
        ),
      DASHBOARD_PORT: port.default(7300).describe('Port the dashboard listens on'),
      DASHBOARD_USER: z.string().optional().describe('Name of the first operator'),
      DASHBOARD_PASSWORD: z
        .string()
        .min(8, 'at least 8 characters')
        .optional()
        .describe('Password of the first operator, at least 8 characters'),
      INGEST_TOKEN: z
        .string()
        .min(16, 'at least 16 characters')
        .optional()
        .describe('Token for `POST /api/readings`, at least 16 characters'),
      ALERT_WEBHOOK_URL: url(/^https?$/, 'https://host/hook')
        .optional()
        .describe('Address that receives a request when an alert opens or closes'),
      ALERT_WEBHOOK_SECRET: z
        .string()
        .min(16, 'at least 16 characters')
        .optional()
        .describe('Secret that signs requests to ALERT_WEBHOOK_URL, at least 16 characters'),

      HEALTH_PORT: port
        .optional()
        .describe(
          'Port for `/livez`, `/readyz` and `/metrics` of a worker or scheduler. Without it there is none',
        ),
      HEALTH_HOST: z
        .string()
        .default('127.0.0.1')
        .describe('Address that HEALTH_PORT listens on. Its pages contain no secrets'),
      DRAIN_SECONDS: z.coerce
        .number()
        .min(0)
        .default(10)
        .describe('Seconds a process may take to finish its work after SIGTERM'),
      OTEL_EXPORTER_OTLP_ENDPOINT: url(/^https?$/, 'http://host:4318')
        .optional()
        .describe('OpenTelemetry collector that receives a trace of every job, such as `http://host:4318`'),
      KEEP_RUNS_DAYS: daysKept.min(62).default(400).describe('Days to keep runs'),
      KEEP_ALERTS_DAYS: daysKept.min(7).default(400).describe('Days to keep closed alerts'),
      KEEP_AUDIT_DAYS: daysKept.min(62).optional().describe('Days to keep the audit log'),
      KEEP_IMAGES_DAYS: daysKept
        .min(62)
        .optional()
        .describe('Days to keep images and vectors in the database. Objects in the store stay'),
      KEEP_READINGS_DAYS: daysKept
        .min(62)
        .optional()
        .describe('Days to keep readings. Whole months are deleted'),
      LOG_LEVEL: z
        .enum(['error', 'warn', 'info', 'debug'])
        .default('info')
        .describe('Least severe messages to log: `error`, `warn`, `info` or `debug`'),
      LOG_FORMAT: z
        .enum(['pretty', 'json'])
        .default(process.stdout.isTTY ? 'pretty' : 'json')
        .describe('`pretty` for people, `json` for programs'),
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

/** Days after which `prune` deletes each kind of data; undefined means never. */
export const keptDays = (config: Config) => ({
  runs: config.KEEP_RUNS_DAYS,
  alerts: config.KEEP_ALERTS_DAYS,
  audit: config.KEEP_AUDIT_DAYS,
  images: config.KEEP_IMAGES_DAYS,
  readings: config.KEEP_READINGS_DAYS,
});

/** A value that is safe to show: secrets are hidden, and so are passwords in addresses. */
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
