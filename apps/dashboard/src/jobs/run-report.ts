import { z } from 'zod';

const sentence = z.object({
  code: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
});
const cell = z.union([
  z.string(),
  z.number(),
  z.null(),
  sentence,
  z.object({ share: z.number().nullable() }),
  z.object({ value: z.number(), digits: z.number() }),
  z.object({ time: z.string() }),
  z.object({ seconds: z.number() }),
]);

/** The same shape as `ReportView` in the words package. */
export const reportView = z.object({
  summary: z.array(sentence),
  tables: z.array(
    z.object({
      title: sentence.optional(),
      columns: z.array(z.string()),
      rows: z.array(z.array(cell)),
    }),
  ),
  leftOut: z.array(sentence),
});
