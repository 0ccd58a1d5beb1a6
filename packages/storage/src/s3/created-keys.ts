import { z } from 'zod';

/** What a notification says: the keys of objects that were created or replaced, and how many others it names. */
export interface CreatedKeys {
  keys: string[];
  /** Events of other kinds, such as deletions, and objects of other buckets. */
  others: number;
  /** The address by which a person confirms a subscription of SNS. It is never opened here. */
  confirmAt?: string;
}

const s3Records = z.object({
  Records: z.array(
    z.object({
      eventName: z.string(),
      s3: z.object({ bucket: z.object({ name: z.string() }), object: z.object({ key: z.string() }) }),
    }),
  ),
});

const eventBridge = z.object({
  'detail-type': z.string(),
  detail: z.object({ bucket: z.object({ name: z.string() }), object: z.object({ key: z.string() }) }),
});

const seaweed = z.object({
  key: z.string(),
  event_type: z.string(),
  message: z
    .object({
      new_parent_path: z.string().optional(),
      new_entry: z.object({ name: z.string().optional(), is_directory: z.boolean().optional() }).nullish(),
    })
    .optional(),
});

const confirmation = z.object({ Type: z.literal('SubscriptionConfirmation'), SubscribeURL: z.string() });

const notice = z.object({ Type: z.literal('Notification'), Message: z.string() });

/**
 * Reads a notification about objects of a bucket, in the form of
 * - S3: `{"Records": [{"eventName": "ObjectCreated:Put", …}]}`; MinIO and Ceph send the same,
 * - S3 through SNS, which wraps it in `{"Type": "Notification", "Message": "…"}`, S3's test event, and SNS's question
 *   whether to subscribe,
 * - S3 through EventBridge: `{"detail-type": "Object Created", "detail": …}`,
 * - SeaweedFS's filer: `{"key": "/buckets/BUCKET/KEY", "event_type": "create", "message": …}`.
 * @param body a value, or its JSON as text, which SNS sends
 * @returns undefined when it has none of these forms
 */
export function createdKeys(body: unknown, bucket: string): CreatedKeys | undefined {
  if (typeof body === 'string') return createdKeys(parsed(body), bucket);
  const wrapped = notice.safeParse(body);
  if (wrapped.success) return createdKeys(wrapped.data.Message, bucket);
  const asked = confirmation.safeParse(body);
  if (asked.success) return { keys: [], others: 1, confirmAt: asked.data.SubscribeURL };
  if (isTestEvent(body)) return { keys: [], others: 1 };

  const records = s3Records.safeParse(body);
  if (records.success) {
    const created = records.data.Records.filter(
      ({ eventName, s3 }) => /^(s3:)?ObjectCreated:/.test(eventName) && s3.bucket.name === bucket,
    );
    // Keys are encoded like a form: a space is a plus.
    const keys = created.map(({ s3 }) => decoded(s3.object.key.replaceAll('+', ' ')));
    return { keys, others: records.data.Records.length - keys.length };
  }
  const bridged = eventBridge.safeParse(body);
  if (bridged.success) {
    const { 'detail-type': type, detail } = bridged.data;
    const isCreated = type === 'Object Created' && detail.bucket.name === bucket;
    return isCreated ? { keys: [detail.object.key], others: 0 } : { keys: [], others: 1 };
  }
  const filer = seaweed.safeParse(body);
  if (filer.success) return createdBySeaweed(filer.data, bucket);
  return undefined;
}

function createdBySeaweed(
  { key, event_type, message }: z.output<typeof seaweed>,
  bucket: string,
): CreatedKeys {
  const { new_parent_path: parent, new_entry: entry } = message ?? {};
  const path = parent && entry?.name ? `${parent}/${entry.name}` : key;
  const folder = `/buckets/${bucket}/`;
  const isCreated = ['create', 'update', 'rename'].includes(event_type) && !entry?.is_directory;
  if (!isCreated || !path.startsWith(folder)) return { keys: [], others: 1 };
  return { keys: [path.slice(folder.length)], others: 0 };
}

/** What S3 sends when notifications are set up. */
const isTestEvent = (body: unknown) => z.object({ Event: z.literal('s3:TestEvent') }).safeParse(body).success;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
