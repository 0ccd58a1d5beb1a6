import { ApiError } from './api.ts';
import { said, t } from './words.ts';

/** What failed, in the reader's language. */
export const errorText = (error: unknown): string =>
  error instanceof ApiError ? said(error, error.message) : t('error.unreachable');
