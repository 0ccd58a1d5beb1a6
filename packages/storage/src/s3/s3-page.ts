import type { StoredObject } from '../object-store.ts';
import { storeUnavailable } from '../store-errors.ts';

/** One answer to ListObjectsV2. */
export interface S3Page {
  objects: StoredObject[];
  /** What the delimiter grouped, such as `612/`. */
  folders: string[];
  truncated: boolean;
  nextToken: string | undefined;
}

/**
 * Reads the XML of a page. By hand, for two reasons. The client's own reader decodes every key as if it were
 * URL-encoded, so that on a server that ignores `encoding-type` a `+` becomes a space and a `%` an exception, and
 * it turns tokens made of digits into numbers. And a parser that builds a tree takes 18 s for a million keys where
 * this takes half a second; the answer is flat, and its texts can hold no `<`.
 * @throws StoreError when the answer is something else or incomplete
 */
export function readPage(xml: string): S3Page {
  if (!/<ListBucketResult[\s>]/.test(xml) || !xml.trimEnd().endsWith('</ListBucketResult>')) {
    throw storeUnavailable('the server’s answer is not an S3 listing');
  }
  const [head = '', ...entries] = xml.split('<Contents>');
  // What is not an entry may stand before, between or after them.
  const outside = head + entries.map((entry) => entry.slice(entry.indexOf('</Contents>'))).join('');
  const decode = textOf(outside, 'EncodingType') === 'url' ? urlDecode : String;
  return {
    objects: entries.map((entry) => ({
      key: decode(required(entry, 'Key')),
      size: Number(required(entry, 'Size')),
      etag: required(entry, 'ETag').replaceAll('"', ''),
      modifiedAt: new Date(required(entry, 'LastModified')),
    })),
    folders: outside
      .split('<CommonPrefixes>')
      .slice(1)
      .map((folder) => decode(required(folder, 'Prefix'))),
    truncated: textOf(outside, 'IsTruncated') === 'true',
    nextToken: textOf(outside, 'NextContinuationToken') || undefined,
  };
}

function required(xml: string, element: string): string {
  const text = textOf(xml, element);
  if (text === undefined) throw storeUnavailable(`the server lists something without ${element}`);
  return text;
}

function textOf(xml: string, element: string): string | undefined {
  const start = xml.indexOf(`<${element}>`);
  if (start < 0) return undefined;
  const from = start + element.length + 2;
  const text = xml.slice(from, xml.indexOf(`</${element}>`, from));
  return text.includes('&') ? text.replace(/&(#x?)?(\w+);/g, unescapeXml) : text;
}

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(entity: string, numeric: string | undefined, name: string): string {
  if (!numeric) return named[name] ?? entity;
  return String.fromCodePoint(Number.parseInt(name, numeric === '#x' ? 16 : 10));
}

function urlDecode(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}
