import { createLogger as createWinston, format, type Logger, transports } from 'winston';

export type { Logger } from 'winston';

export interface LogOptions {
  /** The process: `scheduler`, `worker-clip` … */
  service: string;
  level: string;
  format: 'pretty' | 'json';
}

/**
 * Structured logs on standard output. `tag` ([SCHEDULER], [CLIP_TASK] …), `job`, `slot` are fields:
 * `logger.child({ tag: '[ENV_TASK]' })`.
 */
export function createLogger({ service, level, format: style }: LogOptions): Logger {
  return createWinston({
    level,
    defaultMeta: { service },
    format: format.combine(
      format.errors({ stack: true, cause: true }),
      errorsInFull(),
      format.timestamp(),
      style === 'json' ? format.json() : pretty,
    ),
    transports: [new transports.Console({ stderrLevels: ['error'] })],
  });
}

/** Errors in fields, such as `{ error }`, as text with their causes: as JSON they would be empty. */
const errorsInFull = format((info) => {
  for (const [name, value] of Object.entries(info)) {
    if (!(value instanceof Error)) continue;
    info[name] = inFull(value);
    if (info.level === 'error') info.stack ??= value.stack;
  }
  return info;
});

function inFull(error: Error): string {
  const text = String(error);
  return error.cause instanceof Error ? `${text}; because of ${inFull(error.cause)}` : text;
}

const pretty = format.printf(({ timestamp, level, message, tag, service, stack, ...fields }) => {
  const rest = Object.entries(fields).map(
    ([name, value]) => ` ${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`,
  );
  return `${timestamp} ${level.padEnd(5)} ${tag ?? service} ${message}${rest.join('')}${stack ? `\n${stack}` : ''}`;
});
