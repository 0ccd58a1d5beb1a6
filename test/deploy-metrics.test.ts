import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { childEnvironment, readConfig, requireSettings } from '@mycelium/config';
import { createTestDatabase } from '@mycelium/database/testing';
import { freePort } from '@mycelium/embedded';
import { testRedis } from '@mycelium/queue/testing';
import { readMetrics } from '@mycelium/telemetry';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';

interface Rule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string };
}
interface Panel {
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: { expr: string }[];
}

const read = (path: string) => readFileSync(new URL(`../deploy/${path}`, import.meta.url), 'utf8');
const rules = (parse(read('prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const { panels } = JSON.parse(read('grafana/mycelium.json')) as { panels: Panel[] };
const expressions = [
  ...rules.map(({ alert, expr }) => ({ where: alert, expr })),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ where: title, expr }))),
];

test('every metric in the rules and the dashboard exists in some process', async (t) => {
  // Worker metrics come from the telemetry package, ledger metrics from the scheduler.
  const shown = seriesOf(`${await readMetrics()}\n${await metricsOfScheduler(t)}`);
  for (const { where, expr } of expressions) {
    const named = metricsIn(expr).filter((name) => name !== 'up');
    assert.ok(named.length > 0 || expr.startsWith('up'), where);
    for (const name of named) assert.ok(shown.has(name), `${where} names ${name}, which nobody shows`);
  }
});

test('every expression is PromQL, and every rule has a severity', () => {
  for (const { where, expr } of expressions) {
    parser.parse(expr).iterate({
      enter: ({ type, from }) => assert.ok(!type.isError, `${where}: ${expr.slice(0, from)}«here»`),
    });
  }
  for (const { alert, labels, annotations } of rules) {
    assert.match(alert, /^Mycelium[A-Z]\w+$/);
    assert.match(labels.severity, /^(warning|critical)$/, alert);
    assert.ok(annotations.summary, alert);
  }
});

test('docs/alerts.md explains every rule', () => {
  const docs = readFileSync(new URL('../docs/alerts.md', import.meta.url), 'utf8');
  for (const { alert } of rules) assert.ok(docs.includes(alert), `docs/alerts.md does not know ${alert}`);
});

test('no panel of the dashboard overlaps another', () => {
  const taken = new Set<string>();
  for (const { title, gridPos } of panels) {
    assert.ok(gridPos.x + gridPos.w <= 24, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(!taken.has(`${x},${y}`), title);
        taken.add(`${x},${y}`);
      }
    }
  }
});

/** The names of metrics in an expression, according to the grammar. */
function metricsIn(expr: string): string[] {
  const names: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ name, from, to }) => {
      if (name === 'VectorSelector') names.push(expr.slice(from, to).replace(/\{.*/s, ''));
    },
  });
  return names;
}

function seriesOf(text: string): Set<string> {
  const names = new Set<string>();
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const parts = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    for (const part of parts) names.add(name + part);
  }
  return names;
}

/** The metrics of a scheduler running as in production. */
async function metricsOfScheduler(t: TestContext): Promise<string> {
  const { url } = await createTestDatabase(t);
  const { prefix } = testRedis(t);
  const { REDIS_URL } = requireSettings(readConfig(), 'REDIS_URL');
  const port = await freePort();
  const scheduler = spawn(
    process.execPath,
    [fileURLToPath(new URL('../apps/scheduler/src/main.ts', import.meta.url))],
    {
      env: childEnvironment({
        DATABASE_URL: url,
        REDIS_URL,
        REDIS_PREFIX: prefix,
        HEALTH_PORT: String(port),
        LOG_FORMAT: 'json',
      }),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    // The timetable is the last metric to appear after the start.
    for await (const line of createInterface({ input: scheduler.stdout })) if (line.includes('"next"')) break;
    return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  } finally {
    await end(scheduler);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
