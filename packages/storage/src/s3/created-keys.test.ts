import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createdKeys } from '../index.ts';

const key = '612/20251224/612_1_20251218_20251224160000.jpg';
const record = (eventName: string, encoded: string, bucket = 'mogu') => ({
  eventVersion: '2.0',
  eventSource: 'minio:s3',
  eventName,
  s3: {
    bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
    object: { key: encoded, size: 9, eTag: 'x' },
  },
});

test('MinIO’s and S3’s notifications name the created objects of the bucket', () => {
  const minio = {
    EventName: 's3:ObjectCreated:Put',
    Key: `mogu/${key}`,
    Records: [record('s3:ObjectCreated:Put', encodeURIComponent(key))],
  };
  assert.deepEqual(createdKeys(minio, 'mogu'), { keys: [key], others: 0 });
  assert.deepEqual(createdKeys(JSON.stringify(minio), 'mogu'), { keys: [key], others: 0 });
  const s3 = {
    Records: [
      record('ObjectCreated:CompleteMultipartUpload', '%E5%BA%93+1/a%2Bb.jpg'),
      record('ObjectRemoved:Delete', key),
      record('ObjectCreated:Put', key, 'other'),
    ],
  };
  assert.deepEqual(createdKeys(s3, 'mogu'), { keys: ['库 1/a+b.jpg'], others: 2 });
});

test('a notification through SNS or EventBridge is read too', () => {
  const message = JSON.stringify({ Records: [record('ObjectCreated:Put', key)] });
  assert.deepEqual(createdKeys({ Type: 'Notification', Message: message }, 'mogu')?.keys, [key]);
  assert.deepEqual(createdKeys({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'mogu' }, 'mogu'), {
    keys: [],
    others: 1,
  });
  const asked = { Type: 'SubscriptionConfirmation', SubscribeURL: 'https://sns/confirm' };
  assert.equal(createdKeys(asked, 'mogu')?.confirmAt, 'https://sns/confirm');
  const bridged = (type: string) => ({
    version: '0',
    'detail-type': type,
    source: 'aws.s3',
    detail: { bucket: { name: 'mogu' }, object: { key, size: 9, etag: 'x' } },
  });
  assert.deepEqual(createdKeys(bridged('Object Created'), 'mogu'), { keys: [key], others: 0 });
  assert.deepEqual(createdKeys(bridged('Object Deleted'), 'mogu'), { keys: [], others: 1 });
});

test('SeaweedFS’s filer sends paths, and a renamed object has its new one', () => {
  const filer = (event_type: string, message = {}) => ({ key: `/buckets/mogu/${key}`, event_type, message });
  assert.deepEqual(createdKeys(filer('create', { new_entry: { name: 'x.jpg' } }), 'mogu')?.keys, [key]);
  assert.deepEqual(createdKeys(filer('delete'), 'mogu'), { keys: [], others: 1 });
  assert.deepEqual(createdKeys(filer('create'), 'other'), { keys: [], others: 1 });
  const folder = { new_entry: { name: '612', is_directory: true } };
  assert.deepEqual(createdKeys(filer('create', folder), 'mogu'), { keys: [], others: 1 });
  const renamed = { new_parent_path: '/buckets/mogu/613/20251224', new_entry: { name: 'b.jpg' } };
  assert.deepEqual(createdKeys(filer('rename', renamed), 'mogu')?.keys, ['613/20251224/b.jpg']);
});

test('anything else is not a notification', () => {
  for (const body of [
    undefined,
    null,
    [],
    {},
    'x',
    { Records: [{}] },
    { Type: 'Notification', Message: '{' },
  ]) {
    assert.equal(createdKeys(body, 'mogu'), undefined, JSON.stringify(body));
  }
});
