import fc from 'fast-check';

/** Text that breaks careless programs: of any script, with control characters, very long, or meant as code. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['', '\u0000', '../../etc/passwd', '..%2f..%2f', '%00', '%', '%zz', '\ud800', '\r\nSet-Cookie: a=b'],
      ...["'; drop table runs; --", '$1', '{{7*7}}', '<script>alert(1)</script>', '__proto__', 'constructor'],
      ...['NaN', 'Infinity', '-0', '1e999', '9'.repeat(400), '0x10', '1_000', '١٢٣', '२०२५-१२-२४', 'null'],
      ...['2025-02-30', '0000-00-00', '9999-12-31T23:59:60Z', '2025-12-24T25:00:00+99:99', '-1', 'true'],
      'a'.repeat(10_000),
    ),
  },
);

/** A right text with a few characters replaced, removed, doubled or inserted. */
export const mutated = (...right: string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...right),
      fc.array(
        fc.tuple(
          fc.nat(200),
          fc.constantFrom('cut', 'put', 'swap', 'twice'),
          fc.string({ unit: 'binary', maxLength: 3 }),
        ),
        {
          maxLength: 4,
        },
      ),
    )
    .map(([text, changes]) =>
      changes.reduce((changed, [where, how, piece]) => {
        const at = changed.length === 0 ? 0 : where % (changed.length + 1);
        const [before, after] = [changed.slice(0, at), changed.slice(at)];
        if (how === 'cut') return before + after.slice(1 + piece.length);
        if (how === 'put') return before + piece + after;
        if (how === 'swap') return before + piece + after.slice(1);
        return before + after.slice(0, 5) + after;
      }, text),
    );

/** The same for bytes. */
export const mutatedBytes = (...right: Buffer[]): fc.Arbitrary<Buffer> =>
  fc
    .tuple(
      fc.constantFrom(...right),
      fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'cut', 'zero', 'end')), {
        maxLength: 8,
      }),
    )
    .map(([bytes, changes]) => {
      let changed = Buffer.from(bytes);
      for (const [where, value, how] of changes) {
        const at = changed.length === 0 ? 0 : where % changed.length;
        if (how === 'set') changed[at] = value;
        else if (how === 'zero') changed.fill(0, at, Math.min(at + value, changed.length));
        else if (how === 'cut')
          changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + value)]);
        else changed = changed.subarray(0, Math.max(at, 2));
      }
      return changed;
    });

export const hostileJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(hostileText, fc.oneof(hostileText, fc.double(), fc.constant(null)), { maxKeys: 5 }),
  fc.array(hostileText, { maxLength: 5 }),
);
