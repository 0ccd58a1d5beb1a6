import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

// OWASP's scrypt setting that needs 32 MiB per guess.
const cost = { N: 2 ** 15, r: 8, p: 3 };
const maxmem = 128 * 1024 * 1024;

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, 32, { ...options, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** `scrypt$N$r$p$salt$key`, salt and key in base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), key.toString('base64')].join('$');
}

// An unknown name must take as long as a known one.
let ofNobody: Promise<string> | undefined;

/** Compares in constant time. Without a hash (no such account) it takes as long and returns false. */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  ofNobody ??= hashPassword(randomBytes(16).toString('hex'));
  const [, N, r, p, salt = '', key = ''] = (hash ?? (await ofNobody)).split('$');
  const expected = Buffer.from(key, 'base64');
  const options = { N: Number(N), r: Number(r), p: Number(p) };
  const given = await derive(password, Buffer.from(salt, 'base64'), options);
  return timingSafeEqual(given, expected) && hash !== undefined;
}
