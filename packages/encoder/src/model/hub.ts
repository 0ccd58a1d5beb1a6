import { guardedFetch } from '@mycelium/outgoing/fetch';
import { z } from 'zod';
import { Unavailable } from '../unavailable.ts';
import type { RemoteFile } from './download.ts';

/** The hub does not have the model, or is unreachable. */
const hubError = (message: string, cause?: unknown) => new Unavailable('hub', message, { cause });

/** The part of `GET /api/models/{id}/revision/{revision}?blobs=true` that we read. */
const answerSchema = z.object({
  sha: z.string().regex(/^[\w.-]+$/),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.number().optional(),
      blobId: z.string().optional(),
      lfs: z.object({ sha256: z.string(), size: z.number() }).optional(),
    }),
  ),
});

/** The files of a model at a revision with their checksums, and the commit of the revision. */
export async function listHubFiles({
  endpoint,
  id,
  revision,
  signal,
}: {
  endpoint: string;
  id: string;
  revision: string;
  signal: AbortSignal | undefined;
}): Promise<{ commit: string; files: RemoteFile[] }> {
  if (!/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(id))
    throw hubError(`"${id}" is not a model name; expected org/name`);
  const url = `${endpoint.replace(/\/$/, '')}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const timeout = AbortSignal.timeout(30_000);
  const response = await guardedFetch(url, {
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  }).catch((error: Error) => {
    signal?.throwIfAborted();
    throw hubError(`The hub at ${endpoint} cannot be reached; set HF_ENDPOINT to use another`, error);
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw hubError(
      response.status === 404 || response.status === 401
        ? `${endpoint} has no public model ${id} at ${revision}`
        : `The hub at ${endpoint} answers ${response.status}`,
    );
  }
  const answer = answerSchema.safeParse(await response.json().catch(() => undefined));
  if (!answer.success) throw hubError(`The hub at ${endpoint} sent something other than a list of files`);
  const { sha, siblings } = answer.data;
  const files = siblings.map(({ rfilename, size, blobId, lfs }) => ({
    path: rfilename,
    size: lfs?.size ?? size ?? 0,
    sha256: lfs?.sha256,
    gitBlob: lfs ? undefined : blobId,
  }));
  return { commit: sha, files };
}
