import { PermanentError } from '@mycelium/farm';
import { StoreError } from '@mycelium/storage';

/** Reasons of the store that say something about one object. The others are about the store itself. */
const ofObject = { not_found: 'missing', too_large: 'too_large', invalid_key: 'bad_key' } as const;

/** Why this image has no vector, if the image is at fault; undefined for every other error. */
export function imageFault(error: unknown): { reason: string; detail: string } | undefined {
  if (error instanceof PermanentError) return { reason: error.reason, detail: error.message };
  if (!(error instanceof StoreError) || error.reason === 'unavailable') return undefined;
  return { reason: ofObject[error.reason], detail: error.message };
}
