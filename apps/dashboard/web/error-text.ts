import { ApiError } from './api.ts';
import { storedText, t } from './words.ts';

/** What failed, in the reader's language. */
export const errorText = (error: unknown): string =>
  error instanceof ApiError ? storedText(error, error.message) : t('error.unreachable');
