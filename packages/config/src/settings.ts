import { z } from 'zod';
import type { Environment } from './settings/checks.ts';
import { dashboard } from './settings/console.ts';
import { farm } from './settings/farm.ts';
import { images } from './settings/images.ts';
import { models } from './settings/models.ts';
import { operation } from './settings/operation.ts';
import { servers } from './settings/servers.ts';

const secrets = new Set([
  'S3_SECRET_KEY',
  'CAPTION_API_KEY',
  'DASHBOARD_PASSWORD',
  'OIDC_CLIENT_SECRET',
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

/** Reports these mistakes together with those in single settings, not only when there are none. */
const always = () => true;

/** Every setting. An empty value counts as absent. docs/settings.md is generated from the descriptions. */
export const settings = (env: Environment) =>
  z
    .object({ ...farm(env), ...servers, ...images, ...models(env), ...dashboard, ...operation })
    .refine((read) => !read.S3_ENDPOINT || (read.S3_ACCESS_KEY && read.S3_SECRET_KEY), {
      path: ['S3_ACCESS_KEY'],
      error: 'S3_ACCESS_KEY and S3_SECRET_KEY, since S3_ENDPOINT is set',
      when: always,
    })
    .refine((read) => Boolean(read.DASHBOARD_USER) === Boolean(read.DASHBOARD_PASSWORD), {
      path: ['DASHBOARD_USER'],
      error: 'DASHBOARD_USER and DASHBOARD_PASSWORD together, or neither',
      when: always,
    })
    .refine((read) => !read.OIDC_ISSUER || (read.OIDC_CLIENT_ID && read.OIDC_CLIENT_SECRET), {
      path: ['OIDC_CLIENT_ID'],
      error: 'OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, since OIDC_ISSUER is set',
      when: always,
    })
    .refine((read) => read.LOGIN_HEADERS !== 'on' || read.TRUSTED_PROXIES?.length > 0, {
      path: ['TRUSTED_PROXIES'],
      error: 'the proxy that logs people in, since LOGIN_HEADERS is on',
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

/** Which times a reading can have, for `judgeReadingTimes`. */
export const readingTimes = (config: Config) => ({
  firstDay: config.FARM_FIRST_DAY,
  timeZone: config.TZ,
  maxAheadHours: config.READING_MAX_AHEAD_HOURS,
});

/** A value that is safe to show, with secrets and passwords in addresses hidden. */
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
