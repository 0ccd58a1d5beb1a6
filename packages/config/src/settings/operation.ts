import { z } from 'zod';
import { port, url, wholeNumber } from './checks.ts';

export const operation = {
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
    .number('a number of seconds')
    .min(0, 'a number of seconds, at least 0')
    .default(10)
    .describe('Seconds a process may take to finish its work after SIGTERM'),
  DISK_FLOOR_MIB: wholeNumber(0)
    .default(256)
    .describe(
      'Free space in MiB below which workers take no jobs and uploads get 507, until there is room again; 0 never stops them',
    ),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(/^https?$/, 'http://host:4318')
    .optional()
    .describe('OpenTelemetry collector that receives a trace of every job, such as `http://host:4318`'),
  KEEP_RUNS_DAYS: wholeNumber(62).default(400).describe('Days to keep runs'),
  KEEP_ALERTS_DAYS: wholeNumber(7).default(400).describe('Days to keep closed alerts'),
  KEEP_AUDIT_DAYS: wholeNumber(62).optional().describe('Days to keep the audit log'),
  KEEP_IMAGES_DAYS: wholeNumber(62)
    .optional()
    .describe('Days to keep images and vectors in the database. Objects in the store stay'),
  KEEP_READINGS_DAYS: wholeNumber(62).optional().describe('Days to keep readings. Whole months are deleted'),
  SETTLE_AFTER_DAYS: wholeNumber(1)
    .default(3)
    .describe('Age in days (UTC) from which the readings of a day are moved into compressed blocks'),
  LOG_LEVEL: z
    .enum(['error', 'warn', 'info', 'debug'])
    .default('info')
    .describe('Least severe messages to log: `error`, `warn`, `info` or `debug`'),
  LOG_FORMAT: z
    .enum(['pretty', 'json'])
    .default(process.stdout.isTTY ? 'pretty' : 'json')
    .describe('`pretty` for people, `json` for programs'),
};
