import { text } from 'node:stream/consumers';
import type { ListOptions, StoredObject } from '../object-store.ts';
import { storeUnavailable } from '../store-errors.ts';
import type { S3Client } from './s3-client.ts';
import { readPage, type S3Page } from './s3-page.ts';

/** 20 million objects at 1,000 a page: far more than any farm has, but still a limit. */
const maxPages = 20_000;

/**
 * Lists page by page and requests the next page when the last is used up. If the server repeats a continuation
 * token, the listing fails instead of looping forever.
 * @throws StoreError
 */
export async function* listS3(
  client: S3Client,
  bucket: string,
  prefix: string,
  { after, signal, pageLimit = maxPages }: ListOptions & { pageLimit?: number | undefined },
): AsyncGenerator<StoredObject> {
  let begun = after === undefined;
  for await (const page of pages(client, bucket, { prefix, after, signal, pageLimit })) {
    for (const object of page.objects) {
      signal?.throwIfAborted();
      // radosgw's dbstore begins with the key itself.
      begun ||= inByteOrder(object.key, after as string) > 0;
      // S3 consoles store "folders" as empty objects; they are not images.
      if (begun && !object.key.endsWith('/')) yield object;
    }
  }
}

const inByteOrder = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * The first part of every key. It continues after the last folder until a page has nothing new: radosgw's dbstore
 * ends a listing after a thousand keys, although they are all in one folder.
 * @throws StoreError
 */
export async function listTopFolders(
  client: S3Client,
  bucket: string,
  signal: AbortSignal | undefined,
  pageLimit = maxPages,
): Promise<string[]> {
  const folders = new Set<string>();
  for (let after = ''; ; ) {
    let last = after;
    const reached = (key: string) => {
      if (inByteOrder(key, last) > 0) last = key;
    };
    for await (const page of pages(client, bucket, {
      prefix: '',
      delimiter: '/',
      after,
      signal,
      pageLimit,
    })) {
      for (const folder of page.folders) {
        const name = folder.slice(0, -1);
        folders.add(name);
        reached(`${name}0`); // the first key that could follow the folder, as 0 follows / in ASCII
      }
      for (const { key } of page.objects) reached(key);
    }
    if (last === after) return [...folders];
    after = last;
  }
}

interface Listing {
  prefix: string;
  delimiter?: string;
  after?: string | undefined;
  signal: AbortSignal | undefined;
  pageLimit: number;
}

async function* pages(client: S3Client, bucket: string, listing: Listing): AsyncGenerator<S3Page> {
  const seen = new Set<string>();
  let token: string | undefined;
  for (let number = 1; number <= listing.pageLimit; number++) {
    const page = await fetchPage(client, bucket, listing, token);
    yield page;
    if (!page.truncated) return;
    token = page.nextToken;
    if (!token || seen.has(token)) {
      throw storeUnavailable(`listing ${bucket}: the server does not advance (page ${number})`);
    }
    seen.add(token);
  }
  throw storeUnavailable(`listing ${bucket}: more than ${listing.pageLimit} pages`);
}

async function fetchPage(
  client: S3Client,
  bucket: string,
  { prefix, delimiter, after, signal }: Listing,
  token: string | undefined,
): Promise<S3Page> {
  const query = [
    ...(token ? [`continuation-token=${queryEscape(token)}`] : []),
    ...(delimiter ? [`delimiter=${queryEscape(delimiter)}`] : []),
    'encoding-type=url',
    'list-type=2',
    `prefix=${queryEscape(prefix)}`,
    // The token already contains the position.
    ...(after && !token ? [`start-after=${queryEscape(after)}`] : []),
  ].join('&');
  const xml = await client.call(`listing ${bucket}`, signal, async (minio) =>
    text(await minio.makeRequestAsync({ method: 'GET', bucketName: bucket, query })),
  );
  return readPage(xml);
}

/** Escapes as the signature requires: `encodeURIComponent` leaves out five characters that S3 escapes. */
function queryEscape(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
