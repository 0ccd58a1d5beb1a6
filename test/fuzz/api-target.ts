import { openDashboard, operator, visit } from '@mycelium/dashboard/src/testing.ts';
import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { attack, type Target } from './target.ts';
import { hostileJson, hostileText } from './values.ts';

interface Described {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: { properties?: object } }> };
}

/** Live updates never end, and logging out would end the attack. */
const leftOut = new Set(['/api/events', '/api/logout', '/api/login', '/api/second-factor']);
/** Not configured here. */
const expected = new Set(['refused.no-search']);

const tokens = { INGEST_TOKEN: 'only for readings', IMAGE_TOKEN: 'only for pictures' };

export const apiTarget: Target = {
  id: 'api',
  title: 'every route of the API, by an operator',
  cases: 30_000,
  async open(t) {
    const farm = await openDashboard(t, { ...operator, ...tokens });
    const page = await visit(farm.app, {
      name: operator.DASHBOARD_USER,
      password: operator.DASHBOARD_PASSWORD,
    });
    const { paths } = (await page.send({ url: '/api/openapi.json' })).json<{
      paths: Record<string, Record<string, Described>>;
    }>();
    const routes = Object.entries(paths)
      .filter(([path]) => !leftOut.has(path))
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
          method: method.toUpperCase() as NonNullable<InjectOptions['method']>,
          path,
          query: parameters.filter((one) => one.in === 'query').map(({ name }) => name),
          fields: Object.keys(requestBody?.content['application/json']?.schema.properties ?? {}),
        })),
      );
    const value = fc.oneof(
      hostileText,
      fc.constantFrom(
        '611',
        '2025-12-24',
        '2025-12-24T00:00:00Z',
        '1',
        'daily_env_stats',
        'prune',
        'temperature',
        'true',
      ),
    );
    const input = fc.constantFrom(...routes).chain((route) =>
      fc.record({
        route: fc.constant(route),
        place: value,
        query:
          route.query.length > 0
            ? fc.dictionary(fc.constantFrom(...route.query), value, { maxKeys: 4 })
            : fc.constant({}),
        body: fc.oneof(
          hostileJson,
          route.fields.length > 0
            ? fc.dictionary(fc.constantFrom(...route.fields), fc.oneof(value, hostileJson), { maxKeys: 5 })
            : fc.constant({}),
        ),
      }),
    );
    return attack(input, async ({ route, place, query, body }) => {
      const path = route.path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(place.toWellFormed()));
      const search = new URLSearchParams(query as Record<string, string>).toString();
      const door = {
        '/api/readings': tokens.INGEST_TOKEN,
        '/api/images': tokens.IMAGE_TOKEN,
        '/api/events/s3': tokens.IMAGE_TOKEN,
      }[route.path];
      const answer = await page.send({
        method: route.method,
        url: search ? `${path}?${search}` : path,
        ...(route.method !== 'GET' && {
          payload: JSON.stringify(body) ?? '',
          headers: {
            'content-type': 'application/json',
            ...(door && { authorization: `Bearer ${door}`, cookie: '' }),
          },
        }),
      });
      const code = answer.statusCode >= 500 ? answer.json().code : undefined;
      if (answer.statusCode >= 500 && !expected.has(code))
        throw new Error(`${answer.statusCode} ${answer.body}`);
    });
  },
};
