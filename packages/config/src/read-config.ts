import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import { type Config, redact, type Setting, settings } from './settings.ts';

/** Reports all mistakes in the settings at once, each with the variable, the value read and the value expected. */
export class ConfigError extends Error {
  readonly mistakes: string[];

  constructor(mistakes: string[]) {
    super(
      `The settings have ${mistakes.length === 1 ? 'a mistake' : 'mistakes'}:\n${mistakes.map((m) => `  ${m}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.mistakes = mistakes;
  }
}

type Environment = Record<string, string | undefined>;

/**
 * Reads the settings from the environment, from the files named by `X_FILE`, and from the file that a running
 * `npm start` writes into its home. The environment wins.
 * @param running false ignores that file, as `npm start` itself has to
 * @throws ConfigError
 */
export function readConfig(env: Environment = process.env, { running = true } = {}): Config {
  return resolve(env, running).config;
}

/** The environment for a child process: this process's environment with these settings replaced. */
export function childEnvironment(
  replaced: Partial<Record<Setting, string>>,
  env: Environment = process.env,
): Environment {
  const child = { ...env };
  for (const name of Object.keys(replaced)) delete child[`${name}_FILE`];
  return { ...child, ...replaced };
}

/** The settings as `mycelium config` prints them: secrets redacted, and where each came from. */
export function describeConfig(env: Environment = process.env) {
  const { config, sources } = resolve(env);
  // Listed from the schema, since the parsed settings lack those that are not set.
  return (Object.keys(settings(env).shape) as Setting[]).map((name) => {
    const value = config[name];
    return {
      name,
      value:
        value === undefined
          ? ''
          : redact(name, typeof value === 'object' ? JSON.stringify(value) : String(value)),
      source: sources.get(name) ?? 'default',
    };
  });
}

/**
 * Names in the environment that are one slip away from a setting, such as `KEEP_IMAGE_DAYS`. Nobody reads them, and
 * without this nobody would notice.
 */
export function misspelt(env: Environment = process.env): { name: string; meant: Setting }[] {
  const known = Object.keys(settings({}).shape) as Setting[];
  const taken = new Set<string>(known.flatMap((name) => [name, `${name}_FILE`]));
  return Object.keys(env).flatMap((name) => {
    // In short names a slip makes another word: TZ, TERM.
    if (taken.has(name) || name.length < 6) return [];
    const bare = name.replace(/_FILE$/, '');
    const meant = closest(bare, known);
    const slips = distance(bare.toUpperCase(), meant);
    return slips <= Math.floor(meant.length / 5) ? [{ name, meant: meant as Setting }] : [];
  });
}

/** A sentence about each, for logs and commands. */
export const sayMisspelt = (env?: Environment) =>
  misspelt(env).map(({ name, meant }) => `${name} is not a setting: do you mean ${meant}?`);

/** Every setting with its description and default, from which docs/settings.md is generated. */
export function listSettings() {
  const { shape } = settings({});
  return (Object.keys(shape) as Setting[]).map((name) => ({
    name,
    description: shape[name].description ?? '',
    default: shape[name].safeParse(undefined).data as unknown,
  }));
}

function resolve(env: Environment, useRunning = true): { config: Config; sources: Map<string, string> } {
  const mistakes: string[] = [];
  const found: Environment = {};
  const sources = new Map<string, string>();
  const names = Object.keys(settings(env).shape) as Setting[];

  const home = settings({}).shape.MYCELIUM_HOME.parse(
    env.MYCELIUM_HOME || settings(env).shape.MYCELIUM_HOME.parse(undefined),
  );
  const running = useRunning ? readHome(home) : {};
  for (const name of names) {
    const file = env[`${name}_FILE`];
    if (env[name]) {
      found[name] = env[name];
      sources.set(name, 'environment');
      if (file) mistakes.push(`${name}: both ${name} and ${name}_FILE are set; expected only one of them`);
    } else if (file) {
      sources.set(name, file);
      try {
        found[name] = readFileSync(file, 'utf8').trim();
      } catch (error) {
        mistakes.push(`${name}_FILE: read "${file}"; expected a readable file (${(error as Error).message})`);
      }
    } else if (running[name]) {
      found[name] = running[name];
      sources.set(name, 'npm start');
    }
  }

  const result = settings(env).safeParse(found);
  if (!result.success) {
    for (const { path, message } of result.error.issues) {
      const name = String(path[0]);
      const value = found[name];
      const read = value === undefined ? 'not set' : `read "${redact(name, value)}"`;
      // zod writes "Invalid option: expected …"; our own messages contain only what was expected.
      mistakes.push(`${name}: ${read}; expected ${message.replace(/^.*?expected /, '')}`);
    }
  }
  if (mistakes.length > 0 || !result.success) throw new ConfigError(mistakes);
  return { config: result.data, sources };
}

/** The `KEY=value` lines that a running `npm start` wrote. */
function readHome(home: string): Environment {
  try {
    const lines = readFileSync(join(home, 'env'), 'utf8').split('\n');
    return Object.fromEntries(
      lines
        .filter((line) => line.includes('='))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  } catch {
    return {};
  }
}

/**
 * Checks the settings that a program cannot work without.
 * @throws ConfigError that names the missing ones and explains how to set them
 */
export function requireSettings<Names extends Setting>(config: Config, ...names: Names[]) {
  const missing = names.filter((name) => config[name] === undefined);
  if (missing.length > 0) {
    throw new ConfigError(
      missing.map(
        (name) =>
          `${name}: not set. Set it, or run \`npm start\`, which writes it to MYCELIUM_HOME (${config.MYCELIUM_HOME})`,
      ),
    );
  }
  return config as Config & { [Name in Names]: NonNullable<Config[Name]> };
}
