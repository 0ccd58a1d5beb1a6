import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { refused } from '../server/refused.ts';
import { day, id, limit, room } from '../server/shapes.ts';
import { findImage, galleryCount, galleryPage, imageObject } from './gallery.ts';
import { createThumbnails, type Width, widths } from './thumbnails.ts';

export const galleryImage = z.object({
  id: z.number(),
  version: z.string(),
  key: z.string(),
  room: z.string(),
  day,
  capturedAt: z.date(),
  growthDay: z.number(),
  stage: z.string(),
  quality: z.number().nullable(),
  embedded: z.boolean(),
  described: z.boolean(),
  quarantined: z.boolean(),
});

export const imageFilter = z.object({
  room: room.optional(),
  from: day.optional(),
  to: day.optional(),
  stage: z.enum(['normal', 'non_growth']).optional(),
  growthDay: z.coerce.number().int().min(-1_000).max(10_000).optional(),
  minQuality: z.coerce.number().min(0).max(100).optional(),
});

const detail = galleryImage.extend({
  inDate: day,
  camera: z.string(),
  bytes: z.number(),
  madeFrom: z.enum(['description', 'identity']).nullable(),
  textUsed: z.string().nullable(),
  textCut: z.boolean().nullable(),
  identityText: z.string().nullable(),
  temperature: z.number().nullable(),
  humidity: z.number().nullable(),
  co2: z.number().nullable(),
  description: z.record(z.string(), z.unknown()).nullable(),
  embeddedAt: z.date().nullable(),
  model: z.string().nullable(),
  demoModel: z.boolean().nullable(),
  otherModels: z.array(z.string()),
  quarantine: z
    .object({ reason: z.string(), detail: z.string(), lastSeen: z.string(), times: z.number() })
    .nullable(),
});

/** Where the next page begins: the time and id of the last image on this page. */
const cursor = z
  .string()
  .regex(/^\d{1,15}-\d{1,15}$/)
  .transform((text) => {
    const [time, last] = text.split('-').map(Number) as [number, number];
    return { capturedAt: new Date(time), id: last };
  });

export function imageRoutes(app: FastifyInstance, { pool, store }: Deps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const thumbnail = createThumbnails(store);

  api.get(
    '/images',
    {
      schema: {
        summary: 'Images, newest first',
        querystring: imageFilter.extend({
          state: z.enum(['embedded', 'described', 'missing', 'quarantined']).optional(),
          after: cursor.optional(),
          limit: limit(100, 500),
        }),
        response: {
          200: z.object({
            images: z.array(galleryImage),
            next: z.string().nullable(),
            /** The total over all pages; only in the first page. */
            total: z.number().nullable(),
          }),
        },
      },
    },
    async ({ query: { after, limit, ...filter } }) => {
      const [images, total] = await Promise.all([
        galleryPage(pool, filter, { after, limit }),
        after ? null : galleryCount(pool, filter),
      ]);
      const last = images.length === limit ? images.at(-1) : undefined;
      return { images, next: last ? `${last.capturedAt.getTime()}-${last.id}` : null, total };
    },
  );

  api.get(
    '/images/:id',
    {
      schema: {
        summary: 'Everything known about an image',
        params: z.object({ id }),
        response: { 200: detail },
      },
    },
    async ({ params }) => (await findImage(pool, params.id)) ?? notFound(),
  );

  api.get(
    '/images/:id/picture',
    {
      schema: {
        summary: 'An image as WebP, at most as wide as requested',
        params: z.object({ id }),
        querystring: z.object({
          width: z.coerce
            .number()
            .refine((width): width is Width => (widths as readonly number[]).includes(width), {
              error: `one of ${widths.join(', ')}`,
            })
            .default(320),
          /** From the answer of `/images`. With it, a browser may cache the picture forever. */
          v: z.string().max(64).optional(),
        }),
      },
    },
    async ({ params, query, headers }, reply) => {
      const object = await imageObject(pool, params.id);
      if (!object) return notFound();
      const tag = `"${query.width}-${Buffer.from(object.etag).toString('hex')}"`;
      reply.headers({
        etag: tag,
        'cache-control': query.v ? 'private, max-age=31536000, immutable' : 'private, no-cache',
      });
      if (headers['if-none-match'] === tag) return reply.status(304).send();
      const bytes = await thumbnail(object.key, object.etag, query.width as Width);
      return bytes ? reply.type('image/webp').send(bytes) : notFound();
    },
  );
}

export function notFound(): never {
  throw refused(404, 'refused.no-image');
}
