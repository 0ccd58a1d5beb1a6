import multipart from '@fastify/multipart';
import { PermanentError, realRoom } from '@mycelium/farm';
import {
  checkPictureNames,
  createPictureStore,
  largestPicture,
  statedSizes,
  timeSources,
} from '@mycelium/operations/pictures';
import { createdKeys, StoreError } from '@mycelium/storage';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { checkOwnToken } from '../server/own-token.ts';
import { refuseIfFull } from '../server/refuse-if-full.ts';
import { refused } from '../server/refused.ts';

/** Pictures that are decoded at the same time. */
const decodedAtOnce = 4;

const about = z.strictObject({
  room: z.string().min(1).max(32),
  camera: z
    .string()
    .regex(/^\d{1,12}$/, '1 to 12 digits')
    .optional()
    .describe('number of the camera in the key'),
  'in-date': z.iso
    .date()
    .optional()
    .describe('day the batch was brought in; the default is the day of the picture'),
  'captured-at': z.iso
    .datetime({ offset: true, error: 'an ISO time with its zone' })
    .optional()
    .describe(
      'when the picture was taken; the default is the time of its camera (EXIF), or else of the name, or else now',
    ),
  name: z.string().max(200).optional().describe('name of the file, which may contain the time'),
});

const stored = z.object({
  name: z.string(),
  key: z.string(),
  new: z.boolean().describe('whether the store did not have the picture before'),
  moved: z
    .boolean()
    .describe('stored some seconds off, because another picture of the camera has its second'),
  converted: z.boolean().describe('converted to JPEG'),
  timeFrom: z.enum(timeSources),
});

const uploaded = z.object({
  images: z.array(stored),
  failed: z.array(z.object({ name: z.string(), reason: z.string() })),
});

const arrived = z.object({
  recorded: z.int().describe('images that are embedded within seconds, if they have no vector yet'),
  gone: z.int().describe('keys that are not in the store'),
  unreadable: z
    .array(z.object({ key: z.string(), detail: z.string() }))
    .describe('keys that cannot be read; existing objects are quarantined'),
  ignored: z.int().describe('other events, other buckets, and objects outside the folders of rooms'),
});

const upload = `One picture as the body, or several as files of a form (multipart/form-data): JPEG, PNG, WebP or HEIC.
Send IMAGE_TOKEN as \`Authorization: Bearer …\`. The answer has the key of each picture, and the same picture gets the
same key each time. 422 when none was stored. Each new image is embedded within seconds.`;

const events = `Notifications of S3, MinIO, Ceph and SeaweedFS about objects that were created. Send IMAGE_TOKEN as
\`Authorization: Bearer …\`, or as the password of \`Basic\`. Repeated notifications are harmless; the nightly run finds
what lost ones leave out.`;

/**
 * `POST /api/images` and `POST /api/events/s3`: how images arrive. They require their own token (IMAGE_TOKEN): a camera
 * may deliver images and do nothing else.
 */
export async function arrivalsApi(app: FastifyInstance, deps: Deps): Promise<void> {
  const { config, store, arrivals, logger } = deps;
  app.addHook('onRequest', async (request) =>
    checkOwnToken(request, config.IMAGE_TOKEN, 'refused.no-images'),
  );
  const api = app.withTypeProvider<ZodTypeProvider>();

  api.post(
    '/events/s3',
    {
      config: { ownToken: true },
      schema: { summary: 'Record created objects', description: events, response: { 200: arrived } },
    },
    async ({ body }) => {
      const event = createdKeys(body, config.S3_BUCKET);
      if (!event) throw refused(400, 'refused.event');
      if (event.confirmAt)
        logger.warn('open this address to confirm the subscription of SNS', { address: event.confirmAt });
      const { ignored, ...counts } = await arrivals.add(event.keys);
      return { ...counts, ignored: ignored + event.others };
    },
  );

  await app.register(async (scope) => {
    scope.addHook('onRequest', refuseIfFull(config));
    const decoding = pLimit(decodedAtOnce);
    const inTurn = takeTurns();
    await scope.register(multipart, {
      // One byte more, by which a file that is too large is recognised; the others are stored.
      limits: { fileSize: largestPicture + 1, files: 1_000, fields: 20 },
      throwFileSizeLimit: false,
    });
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: largestPicture },
      (_request, body, done) => done(null, body),
    );
    // Otherwise a picture that is called JSON would be parsed.
    scope.removeContentTypeParser(['application/json', 'text/plain']);

    scope.withTypeProvider<ZodTypeProvider>().post(
      '/images',
      {
        bodyLimit: largestPicture,
        config: { ownToken: true },
        schema: {
          summary: 'Store pictures as images of a room',
          description: upload,
          consumes: ['image/jpeg', 'image/png', 'image/webp', 'image/heic', 'multipart/form-data'],
          querystring: about,
          response: { 200: uploaded, 422: uploaded },
        },
      },
      async (request, reply) => {
        const { query } = request;
        const room = realRoom(query.room, config.ROOM_ALIASES);
        const rules = { room, camera: query.camera, inDate: query['in-date'], timeZone: config.TZ };
        checkNames(rules);
        const takenAt = query['captured-at'] === undefined ? undefined : new Date(query['captured-at']);
        const pictures = createPictureStore(store, statedSizes(store));
        const report: z.output<typeof uploaded> = { images: [], failed: [] };
        for await (const { name, bytes } of picturesOf(request, query.name)) {
          try {
            const picture = { bytes, name, fileTime: deps.clock(), takenAt };
            // Two pictures of one second must not both find its key free.
            const put = await inTurn(room, () => decoding(() => pictures.put(picture, rules)));
            const { isNew, day: _, ...rest } = put;
            report.images.push({ name, new: isNew, ...rest });
          } catch (error) {
            if (error instanceof StoreError) throw error;
            report.failed.push({ name, reason: (error as Error).message });
          }
        }
        await arrivals.add(report.images.map(({ key }) => key));
        return reply.status(report.images.length === 0 ? 422 : 200).send(report);
      },
    );
  });
}

async function* picturesOf(request: FastifyRequest, name = 'picture') {
  if (request.isMultipart()) {
    for await (const part of request.files())
      yield { name: part.filename || name, bytes: await part.toBuffer() };
    return;
  }
  const { body } = request;
  if (!Buffer.isBuffer(body) || body.length === 0) throw refused(400, 'refused.no-picture');
  yield { name, bytes: body };
}

function checkNames(rules: Parameters<typeof checkPictureNames>[0]): void {
  try {
    checkPictureNames(rules);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    throw refused(400, 'refused.picture-names', { reason: error.reason });
  }
}

/** Runs the works of one subject one after the other. */
function takeTurns() {
  const last = new Map<string, Promise<unknown>>();
  return <T>(subject: string, work: () => Promise<T>): Promise<T> => {
    const mine = (last.get(subject) ?? Promise.resolve()).then(work, work);
    last.set(subject, mine);
    const leave = () => {
      if (last.get(subject) === mine) last.delete(subject);
    };
    mine.then(leave, leave);
    return mine;
  };
}
