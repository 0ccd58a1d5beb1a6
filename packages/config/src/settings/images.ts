import { z } from 'zod';
import { url, wholeNumber } from './checks.ts';

export const images = {
  S3_ENDPOINT: url(/^https?$/, 'http://host:9000')
    .optional()
    .describe('S3-compatible store that holds the images. Needs the two keys below'),
  S3_ACCESS_KEY: z.string().optional().describe('Access key of the store'),
  S3_SECRET_KEY: z.string().optional().describe('Secret key of the store'),
  S3_BUCKET: z.string().default('mogu').describe('Bucket that holds the images'),
  S3_REGION: z.string().default('us-east-1').describe('Region of the bucket'),
  LATE_IMAGE_DAYS: wholeNumber(0)
    .default(7)
    .describe('Days before its own that the nightly run searches for images that came late'),
  IMAGE_DIR: z.string().optional().describe('Folder that holds the images where there is no object store'),
};
