import { ConfigError, readConfig, readRedisAddress } from '@mycelium/config';
import { photographAs, readAnswer } from '@mycelium/encoder/testing';
import { formatImageKey, PermanentError, parseImageKey, wrongName } from '@mycelium/farm';
import { readText } from '@mycelium/loggers/testing';
import { captureTime, readPhoto } from '@mycelium/operations/pictures';
import { readRunId } from '@mycelium/queue';
import { createdKeys, whyNotObjectKey } from '@mycelium/storage';
import fc from 'fast-check';
import { apiTarget } from './api-target.ts';
import { attack, type Target } from './target.ts';
import { hostileJson, hostileText, mutated, mutatedBytes } from './values.ts';

const isPermanent = (error: Error) => error instanceof PermanentError;
const key = '612/20251224/612_1921681235_20251218_20251224160000.jpg';
const zones = ['UTC', 'Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe'];

const keys: Target = {
  id: 'keys',
  title: 'keys of images',
  cases: 3_120_000,
  open: async () =>
    attack(
      fc.tuple(fc.oneof(mutated(key), hostileText), fc.constantFrom(...zones)),
      ([text, timeZone]) => {
        const image = parseImageKey(text, { timeZone, aliases: { 7: '607' } });
        if (image.key !== text) throw new Error(`it became ${image.key}`);
        if (Number.isNaN(image.capturedAt.getTime())) throw new Error('it has no time');
        formatImageKey({ ...image, batchInDate: image.batchInDate }, { timeZone });
      },
      isPermanent,
    ),
};

const names: Target = {
  id: 'names',
  title: 'names of objects, points and runs',
  cases: 2_690_000,
  open: async () =>
    attack(
      fc.oneof(mutated(key, 'daily_env_stats@1764522200000', 'env_611.temperature'), hostileText),
      (text) => {
        whyNotObjectKey(text);
        wrongName({ room: text, device: text, point: text });
        const run = readRunId(text);
        if (run && Number.isNaN(run.slot.getTime())) throw new Error('a run without a time');
      },
    ),
};

const answers: Target = {
  id: 'captions',
  title: 'answers of a captioner',
  cases: 1_000_000,
  open: async () => {
    const content = JSON.stringify({
      growth_stage_description: 'A dense cluster.',
      chinese_description: '菌盖',
      image_quality_score: 90,
    });
    const right = JSON.stringify({ choices: [{ message: { content }, finish_reason: 'stop' }] });
    const wrapped = fc
      .oneof(mutated(content, `<think>{"a":1}</think>\`\`\`json\n${content}\n\`\`\``), hostileText)
      .map((text) => JSON.stringify({ choices: [{ message: { content: text } }] }));
    return attack(
      fc.oneof(wrapped, mutated(right), hostileText),
      (body) => {
        const { description } = readAnswer(body, 512);
        const { quality } = description as unknown as { quality?: number };
        if (quality !== undefined && !(quality >= 0 && quality <= 100))
          throw new Error(`a score of ${quality}`);
      },
      isPermanent,
    );
  },
};

const events: Target = {
  id: 'events',
  title: 'notifications of an image store',
  cases: 1_000_000,
  open: async () => {
    const record = (keyOf: string, name: string) => ({
      Records: [{ eventName: name, s3: { bucket: { name: 'mogu' }, object: { key: keyOf } } }],
    });
    return attack(
      fc.oneof(
        hostileJson,
        fc
          .tuple(hostileText, fc.oneof(fc.constant('s3:ObjectCreated:Put'), hostileText))
          .map(([k, n]) => record(k, n)),
        mutated(JSON.stringify(record(key, 's3:ObjectCreated:Put'))).map((text) => {
          try {
            return JSON.parse(text);
          } catch {
            return text;
          }
        }),
      ),
      (body) => createdKeys(body, 'mogu'),
    );
  },
};

const times: Target = {
  id: 'times',
  title: 'times of pictures, from EXIF, XMP and names',
  cases: 1_500_000,
  open: async () => {
    // What the EXIF reader returns.
    const time = fc.oneof(
      mutated('2025:12:24 16:00:00', '2025-12-24T16:00:00+08:00', '+08:00'),
      hostileText,
      fc.double(),
      fc.array(fc.double(), { maxLength: 4 }),
      fc.date({ noInvalidDate: false }),
    );
    const xmp = mutated('<x:xmpmeta><rdf xmp:CreateDate="2025-12-24T16:00:00+08:00"/></x:xmpmeta>');
    return attack(
      fc.record({
        exif: fc.record(
          {
            DateTimeOriginal: time,
            OffsetTimeOriginal: time,
            CreateDate: time,
            ModifyDate: time,
            xmp,
            GPSDateStamp: time,
            GPSTimeStamp: time,
          },
          { requiredKeys: [] },
        ),
        name: fc.oneof(mutated('IMG_20251224_160000.jpg', '2025-12-24 16.00.00.png'), hostileText),
        timeZone: fc.constantFrom(...zones),
      }),
      ({ exif, ...rest }) => {
        const fileTime = new Date('2026-01-01T00:00:00Z');
        const { capturedAt } = captureTime({ given: undefined, exif: exif as never, fileTime, ...rest });
        if (Number.isNaN(capturedAt.getTime())) throw new Error('no time');
      },
    );
  },
};

const settings: Target = {
  id: 'settings',
  title: 'settings',
  cases: 30_000,
  open: async () => {
    const names = Object.keys(readConfig({ MYCELIUM_HOME: '/nowhere' }));
    const value = fc.oneof(
      hostileText,
      mutated('127.0.0.1/8', 'redis://:p@h:6379/0', '7:607,8:608', 'Asia/Shanghai', '300'),
    );
    return attack(
      fc.dictionary(
        fc.constantFrom(...names, 'REDIS_URL', 'OIDC_ISSUER', 'CAPTION_URL', 'TRUSTED_PROXIES'),
        value,
        { maxKeys: 4 },
      ),
      (env) => readConfig({ MYCELIUM_HOME: '/nowhere', ...env }),
      (error) => error instanceof ConfigError,
    );
  },
};

const addresses: Target = {
  id: 'addresses',
  title: 'addresses of Redis',
  cases: 600_000,
  open: async () =>
    attack(
      fc.oneof(
        mutated('redis+sentinel://:p@a:1,b:2/farm?nodes=c:3', 'rediss://u:p@h:6379/3', 'redis+cluster://a:1'),
        hostileText,
      ),
      (text) => URL.canParse(text) && readRedisAddress(text),
      // The settings show the sentence; anything else would be a crash.
      (error) => error.constructor === Error,
    ),
};

const files: Target = {
  id: 'files',
  title: 'files of loggers',
  cases: 10_000,
  open: async () => {
    const right = [
      'time,temperature,humidity\n2025-12-24 00:00:00,17.5,90\n2025-12-24 00:10:00,17.6,91\n',
      'Date;Time;Temp (°C)\r\n24.12.2025;00:00;17,5\r\n24.12.2025;00:10;17,6\r\n',
      '"#","Date Time, GMT+08:00","Temp, °F"\n1,12/24/25 12:00:00 AM,63.5\n2,12/24/25 12:10:00 AM,63.7\n',
    ];
    const bytes = mutatedBytes(...right.map((text) => Buffer.from(text)));
    return attack(
      fc.oneof(
        mutated(...right).map((text) => Buffer.from(text)),
        bytes,
        hostileText.map((text) => Buffer.from(text)),
      ),
      (file) => readText(file),
      isPermanent,
    );
  },
};

const pictures: Target = {
  id: 'pictures',
  title: 'picture files with their EXIF blocks',
  cases: 20_000,
  open: async () => {
    const right = await Promise.all(
      (['jpeg', 'png', 'webp'] as const).map((format) => photographAs(format, 64, 48, 3)),
    );
    return attack(
      mutatedBytes(...right),
      (bytes) => readPhoto(bytes),
      (error) => isPermanent(error) || 'permanent' in error,
    );
  },
};

export const targets: Target[] = [
  ...[keys, names, answers, events, times, settings, addresses, files, pictures],
  apiTarget,
];
