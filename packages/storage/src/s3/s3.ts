import type { IncomingMessage } from 'node:http';
import { assertObjectKey } from '../object-key.ts';
import type { ManagedStore } from '../object-store.ts';
import { objectNotFound, objectTooLarge, storeUnavailable } from '../store-errors.ts';
import { createS3Client, type S3Settings } from './s3-client.ts';
import { listS3, listTopFolders } from './s3-list.ts';

export interface S3StoreSettings extends S3Settings {
  /** For `probe`. 5 s. */
  probeTimeoutMs?: number;
  /** The largest object `read` loads into memory. 64 MiB. */
  maxObjectBytes?: number;
  /** The most pages of 1,000 a listing may have. */
  maxPages?: number;
}

/** A bucket on any S3 server, through the minio client. */
export function s3Store(settings: S3StoreSettings): ManagedStore {
  const { bucket, maxObjectBytes = 64 * 2 ** 20, probeTimeoutMs = 5_000 } = settings;
  const client = createS3Client(settings);
  const described = `bucket ${bucket} at ${new URL(settings.endpoint).origin}`;

  return {
    list: (prefix, options) => listS3(client, bucket, prefix, { ...options, pageLimit: settings.maxPages }),
    topFolders: (signal) => listTopFolders(client, bucket, signal, settings.maxPages),

    async read(key, signal) {
      assertObjectKey(key);
      return client.call(`reading ${key}`, signal, async (minio) => {
        const body = await minio.getObject(bucket, key).catch((error: unknown) => {
          throw codeOf(error) === 'NoSuchKey' ? objectNotFound(key) : error;
        });
        const response = body as IncomingMessage;
        const etag = etagOf(response);
        return { bytes: await readBody(response, key, maxObjectBytes), etag };
      });
    },

    async stat(key, signal) {
      assertObjectKey(key);
      return client.call(`looking at ${key}`, signal, async (minio) => {
        try {
          const { size, etag, lastModified } = await minio.statObject(bucket, key);
          return { key, size, etag, modifiedAt: lastModified };
        } catch (error) {
          // A HEAD has no body to say whether the object or the bucket is missing; `probe` checks the bucket.
          if (codeOf(error) === 'NotFound' || codeOf(error) === 'NoSuchKey') return undefined;
          throw error;
        }
      });
    },

    async write(key, bytes, options = {}) {
      assertObjectKey(key);
      const headers = options.contentType ? { 'Content-Type': options.contentType } : {};
      await client.call(`writing ${key}`, options.signal, (minio) =>
        minio.putObject(bucket, key, bytes, bytes.length, headers),
      );
    },

    async probe(signal) {
      const exists = await client.call(
        'probing the object store',
        signal,
        (minio) => minio.bucketExists(bucket),
        probeTimeoutMs,
      );
      if (!exists) throw storeUnavailable(`there is no ${described}`);
    },

    async ensureBucket(signal) {
      await client.call(`creating the bucket ${bucket}`, signal, async (minio) => {
        if (await minio.bucketExists(bucket)) return;
        await minio.makeBucket(bucket, settings.region).catch((error: unknown) => {
          // Another process was faster.
          if (codeOf(error) !== 'BucketAlreadyOwnedByYou') throw error;
        });
      });
    },

    async remove(key, signal) {
      assertObjectKey(key);
      await client.call(`removing ${key}`, signal, (minio) => minio.removeObject(bucket, key));
    },

    describe: () => described,
  };
}

/** The etag without quotes, as listings have it. A proxy that compresses marks it as weak (`W/`). */
function etagOf({ headers }: IncomingMessage): string {
  if (!headers.etag) throw storeUnavailable('the server sent an object without an ETag');
  return headers.etag.replace(/^W\//, '').replaceAll('"', '');
}

async function readBody(body: IncomingMessage, key: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop early, even by an error, destroys the response.
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit || Number(body.headers['content-length']) > limit) throw objectTooLarge(key, limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}
