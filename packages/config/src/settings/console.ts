import { z } from 'zod';
import { addressRanges, port, url } from './checks.ts';

export const dashboard = {
  DASHBOARD_HOST: z
    .string()
    .default('127.0.0.1')
    .describe(
      'Address the dashboard listens on. Any address other than this machine’s needs DASHBOARD_USER and DASHBOARD_PASSWORD',
    ),
  DASHBOARD_PORT: port.default(7300).describe('Port the dashboard listens on'),
  DASHBOARD_BASE_PATH: z
    .string()
    .transform((path) => path.replace(/\/$/, ''))
    .refine((path) => /^(\/[\w.~-]+)*$/.test(path), 'a path such as /mycelium')
    .default('')
    .describe('Path of the console on its host, such as `/mycelium`, if a proxy serves it below one'),
  TRUSTED_PROXIES: addressRanges
    .default([])
    .describe(
      'Proxies whose `X-Forwarded-For`, `-Proto` and `-Host` are believed: addresses or ranges, separated by commas, such as `127.0.0.1,10.0.0.0/8`',
    ),
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
  IMAGE_TOKEN: z
    .string()
    .min(16, 'at least 16 characters')
    .optional()
    .describe('Token for `POST /api/images` and `POST /api/events/s3`, at least 16 characters'),
  ALERT_WEBHOOK_URL: url(/^https?$/, 'https://host/hook')
    .optional()
    .describe('Address that receives a request when an alert opens or closes'),
  ALERT_WEBHOOK_SECRET: z
    .string()
    .min(16, 'at least 16 characters')
    .optional()
    .describe('Secret that signs requests to ALERT_WEBHOOK_URL, at least 16 characters'),
  ALERT_LANGUAGE: z
    .enum(['en', 'zh-CN'])
    .default('en')
    .describe('Language of the message sent to ALERT_WEBHOOK_URL, `en` or `zh-CN`'),
};
