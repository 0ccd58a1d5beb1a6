import { z } from 'zod';
import { readRedisAddress } from '../redis-address.ts';
import { url, wholeNumber } from './checks.ts';

const protocols = /^rediss?(\+sentinel|\+cluster)?:\/\//;

function mistakeOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

export const servers = {
  REDIS_URL: url(/^rediss?(\+sentinel|\+cluster)?$/, 'redis://:password@host:6379')
    .superRefine((text, { addIssue }) => {
      // Of another protocol is reported already.
      const mistake = protocols.test(text) && mistakeOf(() => readRedisAddress(text));
      if (mistake) addIssue({ code: 'custom', message: mistake });
    })
    .optional()
    .describe(
      'Redis server: `redis://:password@host:6379`, `rediss://` for TLS, `redis+cluster://`, `redis+sentinel://`. ' +
        '`npm start` runs its own where this is not set',
    ),
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w{}:-]+$/, 'letters, digits, braces, colons and dashes')
    .default('{mycelium}')
    .describe('Prefix of every key in Redis. The braces keep a queue on one server of a cluster'),
  REDIS_CONNECT_TIMEOUT: wholeNumber(100)
    .default(10_000)
    .describe('Milliseconds to wait for a connection to Redis'),
  REDIS_COMMAND_TIMEOUT: wholeNumber(100)
    .default(10_000)
    .describe('Milliseconds to wait for the answer to a Redis command'),
  DATABASE_URL: url(/^postgres(ql)?$/, 'postgres://user:password@host/mycelium')
    .optional()
    .describe(
      'PostgreSQL database with pgvector: `postgres://user:password@host/mycelium`. `npm start` runs its own ' +
        'where this is not set',
    ),
};
