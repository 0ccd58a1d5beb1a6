import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ask, query } from './api.ts';
import type { Tile } from './parts/gallery-grid.tsx';
import { toast } from './parts/toast.tsx';

export interface Filter {
  room?: string;
  from?: string;
  to?: string;
  stage?: string;
  state?: string;
  growthDay?: string;
  minQuality?: string;
}

/** The search in addition to the filter: a text, an uploaded picture or an image of the farm. */
export type Search = { text: string } | { picture: File } | { similar: number };

/** The images that match a filter or a search: a first page at once, more on request. */
export function useImages(filter: Filter, search: Search | undefined) {
  const [images, setImages] = useState<Tile[]>([]);
  const [read, setRead] = useState<Read>({ unread: [] });
  const [total, setTotal] = useState<number>();
  const [error, setError] = useState<Error>();
  const [turn, setTurn] = useState(0);
  const next = useRef<string | null>(null);
  const busy = useRef(false);
  const current = useRef('');
  const picture = search && 'picture' in search ? search.picture : undefined;
  const key = JSON.stringify([filter, search, picture?.name, picture?.lastModified, turn]);
  current.current = key;

  useEffect(() => {
    const controller = new AbortController();
    setTotal(undefined);
    setError(undefined);
    setImages([]);
    busy.current = true;
    load(filter, search, controller.signal).then(
      (answer) => {
        setImages(answer.images);
        setRead({ model: answer.model, unread: answer.unread ?? [], shortened: answer.shortened });
        setTotal(answer.total ?? answer.images.length);
        next.current = answer.next ?? null;
        busy.current = false;
      },
      (failure: Error) => {
        if (!controller.signal.aborted) setError(failure);
      },
    );
    return () => controller.abort();
  }, [key]);

  const more = useCallback(() => {
    if (busy.current || !next.current) return;
    busy.current = true;
    const of = current.current;
    ask<Page>(`/api/images${query({ ...filter, after: next.current, limit: 200 })}`)
      .then((answer) => {
        if (current.current !== of) return;
        setImages((known) => [...known, ...answer.images]);
        next.current = answer.next ?? null;
        busy.current = false;
      })
      .catch((failure: Error) => {
        busy.current = false;
        toast(failure.message, true);
      });
  }, [key]);

  return { images, ...read, total, error, more, reload: () => setTurn((n) => n + 1) };
}

/** For a search: the model, the words that it has not learned, and what it read of a text that is too long. */
interface Read {
  model?: string | undefined;
  unread: string[];
  shortened?: string | null | undefined;
}

interface Page extends Partial<Read> {
  images: Tile[];
  total?: number | null;
  next?: string | null;
}

function load(filter: Filter, search: Search | undefined, signal: AbortSignal): Promise<Page> {
  const { state, ...rest } = filter;
  if (!search) return ask<Page>(`/api/images${query({ ...filter, limit: 200 })}`, { signal });
  if ('text' in search)
    return ask<Page>(`/api/search${query({ ...rest, text: search.text, limit: 60 })}`, { signal });
  if ('similar' in search)
    return ask<Page>(`/api/images/${search.similar}/similar${query({ ...rest, limit: 60 })}`, { signal });
  return ask<Page>(`/api/search/picture${query({ ...rest, limit: 60 })}`, {
    method: 'POST',
    body: search.picture,
    headers: { 'content-type': search.picture.type },
    signal,
  });
}
