import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const rooms = Array.from({ length: 100 }, (_, n) => String(601 + n));
const pageSize = 1_000;

/** An S3 server that stores nothing and lists whole days of images, generating each page on request. */
export async function startBucket() {
  const sizes = new Map<string, number>();
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://bucket').searchParams;
    if (!query.has('list-type')) return response.end(); // is there such a bucket?
    if (query.get('delimiter')) return response.end(listing(rooms.map(asFolder), undefined));
    const [room = '', day = ''] = (query.get('prefix') ?? '').split('/');
    const count = (sizes.get(day) ?? 0) / rooms.length;
    const from = Number(query.get('continuation-token') ?? 0);
    const to = Math.min(from + pageSize, count);
    const objects = Array.from({ length: to - from }, (_, n) => asObject(room, day, from + n));
    response.end(listing(objects, to < count ? to : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    settings: {
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_ACCESS_KEY: 'bench',
      S3_SECRET_KEY: 'bench-secret',
      S3_BUCKET: 'mogu',
    },
    /** Sets the number of images on a day, YYYY-MM-DD, in a hundred rooms. */
    hold: (day: string, count: number) => sizes.set(day.replaceAll('-', ''), count),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const asFolder = (room: string) => `<CommonPrefixes><Prefix>${room}/</Prefix></CommonPrefixes>`;

function asObject(room: string, day: string, n: number): string {
  const date = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
  const capturedAt = new Date(Date.parse(`${date}T00:00:00Z`) + n * 8_000);
  const key = `${room}/${day}/${room}_1921681235_${day}_${capturedAt.toISOString().slice(0, 19).replace(/[-T:]/g, '')}.jpg`;
  return `<Contents><Key>${key}</Key><LastModified>${capturedAt.toISOString()}</LastModified><ETag>"${n}"</ETag><Size>500000</Size></Contents>`;
}

function listing(entries: string[], next: number | undefined): string {
  const token = next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`;
  return `<ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>${token}${entries.join('')}</ListBucketResult>`;
}
