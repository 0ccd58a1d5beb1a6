import { listSettings, type Setting } from '@mycelium/config';
import { markdownTable } from './markdown-table.ts';

const sections: [title: string, settings: Setting[], intro?: string][] = [
  ['The farm', ['TZ', 'FARM_FIRST_DAY', 'READING_MAX_AHEAD_HOURS', 'ROOM_ALIASES', 'MYCELIUM_HOME']],
  ['Redis', ['REDIS_URL', 'REDIS_PREFIX', 'REDIS_CONNECT_TIMEOUT', 'REDIS_COMMAND_TIMEOUT']],
  ['PostgreSQL', ['DATABASE_URL']],
  [
    'Images',
    [
      ...(['S3_ENDPOINT', 'S3_ACCESS_KEY', 'S3_SECRET_KEY', 'S3_BUCKET', 'S3_REGION'] as const),
      ...(['IMAGE_DIR', 'LATE_IMAGE_DAYS'] as const),
    ],
  ],
  [
    'Models and descriptions',
    [
      ...(['CLIP_MODEL', 'MODEL_DIR', 'HF_ENDPOINT', 'CLIP_DEVICE', 'CLIP_DTYPE', 'CLIP_THREADS'] as const),
      ...(['CAPTION_URL', 'CAPTION_MODEL', 'CAPTION_ANSWER_LIMIT', 'CAPTION_API_KEY'] as const),
    ],
  ],
  [
    'The console and its API',
    [
      ...([
        'DASHBOARD_HOST',
        'DASHBOARD_PORT',
        'DASHBOARD_BASE_PATH',
        'TRUSTED_PROXIES',
        'DASHBOARD_USER',
        'DASHBOARD_PASSWORD',
      ] as const),
      ...([
        'OIDC_ISSUER',
        'OIDC_CLIENT_ID',
        'OIDC_CLIENT_SECRET',
        'OIDC_SCOPE',
        'OIDC_GROUPS_CLAIM',
      ] as const),
      ...(['LOGIN_HEADERS', 'OPERATOR_GROUPS', 'VIEWER_GROUPS'] as const),
      ...(['INGEST_TOKEN', 'IMAGE_TOKEN'] as const),
    ],
  ],
  ['Alerts', ['ALERT_WEBHOOK_URL', 'ALERT_WEBHOOK_SECRET', 'ALERT_LANGUAGE']],
  [
    'How long data is kept',
    [
      'KEEP_RUNS_DAYS',
      'KEEP_ALERTS_DAYS',
      'KEEP_AUDIT_DAYS',
      'KEEP_IMAGES_DAYS',
      'KEEP_READINGS_DAYS',
      'SETTLE_AFTER_DAYS',
    ],
    'The job `prune` deletes older data every night. Data without a limit is kept forever.',
  ],
  [
    'Processes, logs and traces',
    [
      ...([
        'HEALTH_PORT',
        'HEALTH_HOST',
        'DRAIN_SECONDS',
        'DISK_FLOOR_MIB',
        'LOG_LEVEL',
        'LOG_FORMAT',
      ] as const),
      'OTEL_EXPORTER_OTLP_ENDPOINT',
    ],
  ],
];

/** Defaults that depend on the machine or read better in words. */
const defaults: Partial<Record<Setting, string>> = {
  TZ: "the system's, else `UTC`",
  ROOM_ALIASES: '`7:607,8:608`',
  MYCELIUM_HOME: '`~/.local/share/mycelium`; `/var/lib/mycelium` for root',
  MODEL_DIR: '`models` in MYCELIUM_HOME',
  CLIP_THREADS: 'the free cores',
  LOG_FORMAT: '`pretty` on a terminal, else `json`',
};

const intro = `# Settings

Settings are environment variables. Setting \`NAME_FILE\` instead of \`NAME\` reads the value from a file, which is the
safer way to pass a secret. An empty value counts as not set.

- **Which values does a process use, and where do they come from?** \`npx mycelium config\` prints every setting, its
  value and its source. Secrets are hidden.
- **What happens with a mistake?** The process does not start. It prints every mistake at once, each with the value it
  read and the value it expected.
- **How do commands find a running \`npm start\`?** It writes the addresses of its servers into MYCELIUM_HOME. Variables
  that you set win over these.

`;

/** Generates docs/settings.md from the schema that reads the settings. */
export function settingsPage(): string {
  const known = new Map(listSettings().map((setting) => [setting.name, setting]));
  const written = sections.map(([title, names, about]) => {
    const rows = names.map((name) => {
      const setting = known.get(name);
      if (!setting?.description) throw new Error(`packages/config/src/settings.ts: describe ${name}`);
      known.delete(name);
      const value = defaults[name] ?? (setting.default === undefined ? '' : `\`${setting.default}\``);
      return [`\`${name}\``, value, setting.description];
    });
    return `## ${title}\n\n${about ? `${about}\n\n` : ''}${markdownTable(['setting', 'default', 'meaning'], rows)}\n`;
  });
  if (known.size > 0) {
    throw new Error(`test/docs/settings-page.ts: add ${[...known.keys()].join(', ')} to a section`);
  }
  return intro + written.join('\n');
}
