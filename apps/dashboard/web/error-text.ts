import { ApiError } from './api.ts';
import { storedText, t } from './words.ts';

/** The text of an error in the reader's language. */
export const errorText = (error: unknown): string =>
  error instanceof ApiError ? storedText(error, error.message) : t('error.unreachable');
