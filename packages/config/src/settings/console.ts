import { z } from 'zod';
import { addressRanges, names, onOrOff, port, url } from './checks.ts';

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
  OIDC_ISSUER: url(/^https?$/, 'https://login.example.com')
    .optional()
    .describe('Address of the company’s login (OpenID Connect), as its provider states it'),
  OIDC_CLIENT_ID: z.string().optional().describe('Name of this console at the provider'),
  OIDC_CLIENT_SECRET: z.string().optional().describe('Secret of this console at the provider'),
  OIDC_SCOPE: z
    .string()
    .default('openid profile email')
    .refine((scope) => scope.split(' ').includes('openid'), 'scopes with openid among them')
    .describe('Scopes that the console asks for. Some providers give groups only with `groups`'),
  OIDC_GROUPS_CLAIM: z
    .string()
    .default('groups')
    .describe(
      'Claim that lists a person’s groups or roles; with dots for a nested one, such as `realm_access.roles`',
    ),
  LOGIN_HEADERS: onOrOff
    .default('off')
    .describe(
      '`on`: the proxies in TRUSTED_PROXIES log people in and say who they are in `Remote-User` and `Remote-Groups`',
    ),
  OPERATOR_GROUPS: names
    .default([])
    .describe('Groups of the company’s login whose members are operators, separated by commas'),
  VIEWER_GROUPS: names
    .default([])
    .describe('Groups whose members are viewers. Empty: everyone whom the company’s login lets in'),
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
