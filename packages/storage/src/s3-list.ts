import { text } from 'node:stream/consumers';
import type { ListOptions, StoredObject } from './object-store.ts';
import type { S3Client } from './s3-client.ts';
import { readPage, type S3Page } from './s3-page.ts';
import { StoreUnavailable } from './store-errors.ts';

/** 20 million objects, at 1,000 a page: far above any farm, and an end all the same. */
const maxPages = 20_000;

/**
 * Lists page by page, the next one asked for when the last is used up. A server that loses its place ends the
 * listing with an error instead of for ever: each continuation token may occur once.
 * @throws StoreUnavailable
 */
export async function* listS3(
  client: S3Client,
  bucket: string,
  prefix: string,
  { after, signal, pageLimit = maxPages }: ListOptions & { pageLimit?: number | undefined },
): AsyncGenerator<StoredObject> {
  for await (const page of pages(client, bucket, { prefix, after, signal, pageLimit })) {
    for (const object of page.objects) {
      signal?.throwIfAborted();
      // Consoles keep "folders" as empty objects; they are nobody's image.
      if (!object.key.endsWith('/')) yield object;
    }
  }
}

/** The first parts of all keys. @throws StoreUnavailable */
export async function listTopFolders(
  client: S3Client,
  bucket: string,
  signal: AbortSignal | undefined,
  pageLimit = maxPages,
): Promise<string[]> {
  const folders: string[] = [];
  for await (const page of pages(client, bucket, { prefix: '', delimiter: '/', signal, pageLimit })) {
    folders.push(...page.folders.map((folder) => folder.slice(0, -1)));
  }
  return folders;
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
      throw new StoreUnavailable(`listing ${bucket}: the server does not advance (page ${number})`);
    }
    seen.add(token);
  }
  throw new StoreUnavailable(`listing ${bucket}: more than ${listing.pageLimit} pages`);
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
    // The token knows where it stands.
    ...(after && !token ? [`start-after=${queryEscape(after)}`] : []),
  ].join('&');
  const xml = await client.call(`listing ${bucket}`, signal, async (minio) =>
    text(await minio.makeRequestAsync({ method: 'GET', bucketName: bucket, query })),
  );
  return readPage(xml);
}

/** As the signature wants it: `encodeURIComponent` leaves five characters that S3 escapes. */
function queryEscape(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
