import { activeModel, findImageVector, searchImages } from '@mycelium/database';
import { PermanentError } from '@mycelium/farm';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { refused } from '../server/refused.ts';
import { id, limit } from '../server/shapes.ts';
import { galleryOf, imageObject } from './gallery.ts';
import { galleryImage, imageFilter, notFound } from './image-routes.ts';
import type { Searcher } from './searcher.ts';
import { isPicture } from './thumbnails.ts';

const pictureBytes = 20 * 1024 * 1024;
const found = z.object({
  /** The key of the model whose vectors were compared. */
  model: z.string(),
  images: z.array(galleryImage.extend({ score: z.number() })),
});
const filter = imageFilter.extend({ limit: limit(40, 200) });
type Filter = z.output<typeof filter>;

/** Searches for the images nearest to a text, a picture or a stored image. */
export function searchRoutes(app: FastifyInstance, { pool, searcher, logger }: Deps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.addContentTypeParser(
    ['image/jpeg', 'image/png', 'image/webp'],
    { parseAs: 'buffer', bodyLimit: pictureBytes },
    (_request, body, done) => done(null, body),
  );

  api.get(
    '/search',
    {
      schema: {
        summary: 'Images that match words',
        querystring: filter.extend({ text: z.string().trim().min(1).max(500) }),
        response: {
          200: found.extend({
            unread: z.array(z.string()).describe('words that the model has not learned'),
            shortened: z
              .string()
              .nullable()
              .describe('what was searched for, if the text is longer than the model reads'),
          }),
        },
      },
    },
    async ({ query: { text, ...options } }) => {
      const model = await searched();
      const { vector, used, cut, unread } = await encoded((searcher) =>
        searcher.vectorOfText(model.key, text),
      );
      return { ...(await nearest(model, vector, 'fused', options)), unread, shortened: cut ? used : null };
    },
  );

  api.post(
    '/search/picture',
    {
      config: { readOnly: true },
      bodyLimit: pictureBytes,
      schema: {
        summary: 'Images similar to a picture: send its bytes as image/jpeg, image/png or image/webp',
        consumes: ['image/jpeg', 'image/png', 'image/webp'],
        querystring: filter,
        response: { 200: found },
      },
    },
    async ({ body, query }) => {
      if (!Buffer.isBuffer(body) || !isPicture(body)) {
        throw refused(415, 'refused.picture-format');
      }
      const model = await searched();
      const vector = await encoded((searcher) => searcher.vectorOfPicture(model.key, body));
      return nearest(model, vector, 'image', query);
    },
  );

  api.get(
    '/images/:id/similar',
    {
      schema: {
        summary: 'Images similar to this one',
        params: z.object({ id }),
        querystring: filter,
        response: { 200: found },
      },
    },
    async ({ params, query }) => {
      const object = await imageObject(pool, params.id);
      if (!object) return notFound();
      const model = await searched();
      const vector = await findImageVector(pool, object.key, model.id);
      if (!vector) throw refused(409, 'refused.no-vector');
      const { images } = await nearest(model, vector, 'image', { ...query, limit: query.limit + 1 });
      return {
        model: model.key,
        images: images.filter((image) => image.id !== params.id).slice(0, query.limit),
      };
    },
  );

  /** Read once per search, so that one model makes and compares the vector even while models change. */
  async function searched() {
    const active = await activeModel(pool);
    if (!active) throw refused(409, 'refused.no-vectors');
    return active;
  }

  async function encoded<T>(encode: (searcher: Searcher) => Promise<T>): Promise<T> {
    if (!searcher) throw refused(503, 'refused.no-search');
    try {
      return await encode(searcher);
    } catch (error) {
      if (error instanceof PermanentError && error.reason === 'model')
        throw refused(409, 'refused.model', { detail: error.message });
      if (error instanceof PermanentError) {
        throw refused(422, 'refused.picture', { reason: `reason.${error.reason}` });
      }
      logger.error('the search model does not work', { error });
      throw refused(503, 'refused.search-failed');
    }
  }

  async function nearest(
    model: { id: number; key: string },
    vector: Float32Array,
    by: 'fused' | 'image',
    { limit, ...options }: Filter,
  ) {
    const hits = await searchImages(pool, { vector, modelId: model.id, by, limit, ...present(options) });
    const score = new Map(hits.map((hit) => [hit.key, hit.score]));
    const images = await galleryOf(pool, [...score.keys()]);
    return {
      model: model.key,
      images: images.map((image) => ({ ...image, score: score.get(image.key) ?? 0 })),
    };
  }
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Omits undefined fields. */
function present<T extends object>(filter: T): Present<T> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as Present<T>;
}
