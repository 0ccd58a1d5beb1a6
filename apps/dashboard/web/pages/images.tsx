import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { ask, query, useData } from '../api.ts';
import { GalleryGrid, type Tile } from '../parts/gallery-grid.tsx';
import { Icon } from '../parts/icon.tsx';
import { ImageView } from '../parts/image-view.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Empty, ErrorState, Loading } from '../parts/states.tsx';
import { toast } from '../parts/toast.tsx';
import { t } from '../words.ts';

interface Filter {
  room?: string;
  from?: string;
  to?: string;
  stage?: string;
  state?: string;
  growthDay?: string;
  minQuality?: string;
}
const filterNames = ['room', 'from', 'to', 'stage', 'state', 'growthDay', 'minQuality'] as const;

/** What is looked for, besides what the filter leaves: words, a picture of one's own, or an image of the farm. */
type Search = { text: string } | { picture: File } | { similar: number };

export function Images() {
  const { query: asked, route } = useLocation();
  const filter = Object.fromEntries(
    filterNames.filter((name) => asked[name]).map((name) => [name, asked[name]]),
  ) as Filter;
  const [search, setSearch] = useState<Search | undefined>(asked.text ? { text: asked.text } : undefined);
  const { data: rooms } = useData<{ rooms: string[] }>('/api/rooms');
  const found = useImages(filter, search);
  const [open, setOpen] = useState<number>();

  const change = (changes: Filter) =>
    route(
      `/images${query({ ...filter, ...changes, text: search && 'text' in search ? search.text : undefined })}`,
      true,
    );
  const lookFor = (next: Search | undefined) => {
    setSearch(next);
    setOpen(undefined);
    route(`/images${query({ ...filter, text: next && 'text' in next ? next.text : undefined })}`, true);
    scrollTo({ top: 0 });
  };
  const step = (by: 1 | -1) =>
    setOpen((now) => {
      const next = (now ?? 0) + by;
      return found.images[next] ? next : now;
    });
  const shown = open === undefined ? undefined : found.images[open];

  return (
    <>
      <PageHead
        title={t('nav.images')}
        note={
          found.total !== undefined && (
            <>
              {t(search ? 'images.found' : 'images.count', { n: found.total })}{' '}
              {found.model?.startsWith('demo:') && <span class="badge warn">{t('image.demoModel')}</span>}
            </>
          )
        }
      />
      <SearchBar search={search} onSearch={lookFor} />
      {found.unread.length > 0 && (
        <span class="badge warn" role="status">
          {t('search.unread', { words: found.unread.join(', ') })}
        </span>
      )}
      <details class="gallery-filters" open={innerWidth > 640 || Object.keys(filter).length > 0}>
        <summary class="button">
          <Icon name="sliders" />
          {t('filter.title')}
        </summary>
        <div class="filters">
          <label class="field">
            {t('filter.room')}
            <select
              class="select"
              value={filter.room ?? ''}
              onChange={(event) => change({ room: event.currentTarget.value })}
            >
              <option value="">{t('filter.all')}</option>
              {rooms?.rooms.map((room) => (
                <option key={room} value={room}>
                  {room}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            {t('filter.from')}
            <input
              class="input"
              type="date"
              value={filter.from ?? ''}
              onChange={(event) => change({ from: event.currentTarget.value })}
            />
          </label>
          <label class="field">
            {t('filter.to')}
            <input
              class="input"
              type="date"
              value={filter.to ?? ''}
              onChange={(event) => change({ to: event.currentTarget.value })}
            />
          </label>
          <label class="field">
            {t('filter.growthDay')}
            <input
              class="input short"
              type="number"
              min="0"
              max="200"
              value={filter.growthDay ?? ''}
              onChange={(event) => change({ growthDay: event.currentTarget.value })}
            />
          </label>
          {!search && (
            <label class="field">
              {t('filter.state')}
              <select
                class="select"
                value={filter.state ?? ''}
                onChange={(event) => change({ state: event.currentTarget.value })}
              >
                <option value="">{t('filter.all')}</option>
                {(['embedded', 'described', 'missing', 'quarantined'] as const).map((state) => (
                  <option key={state} value={state}>
                    {t(`state.${state}`)}
                  </option>
                ))}
              </select>
            </label>
          )}
          <label class="field">
            {t('filter.minQuality')}
            <input
              class="input short"
              type="number"
              min="0"
              max="100"
              step="10"
              value={filter.minQuality ?? ''}
              onChange={(event) => change({ minQuality: event.currentTarget.value })}
            />
          </label>
          {Object.keys(filter).length > 0 && (
            <button type="button" class="button plain" onClick={() => route('/images', true)}>
              <Icon name="close" />
              {t('filter.clear')}
            </button>
          )}
        </div>
      </details>

      {found.error && <ErrorState error={found.error} onRetry={found.reload} />}
      {!found.error && found.total === undefined && <Loading height={520} />}
      {!found.error && found.total === 0 && (
        <div class="card">
          <Empty icon="image" title={t('images.none')}>
            <p>{t(search || Object.keys(filter).length > 0 ? 'images.noneFiltered' : 'images.noneYet')}</p>
          </Empty>
        </div>
      )}
      {!found.error && (found.total ?? 0) > 0 && (
        <GalleryGrid
          images={found.images}
          total={found.total as number}
          onNeedMore={found.more}
          onOpen={setOpen}
        />
      )}
      {shown && (
        <ImageView
          id={shown.id}
          onClose={() => setOpen(undefined)}
          onStep={step}
          onSimilar={(id) => lookFor({ similar: id })}
        />
      )}
    </>
  );
}

function useImages(filter: Filter, search: Search | undefined) {
  const [images, setImages] = useState<Tile[]>([]);
  const [read, setRead] = useState<{ model?: string | undefined; unread: string[] }>({ unread: [] });
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
        setRead({ model: answer.model, unread: answer.unread ?? [] });
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

interface Page {
  images: Tile[];
  /** Of a search: the model that it was made with, and the words that it has not learned. */
  model?: string;
  unread?: string[];
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

const pictures = ['image/jpeg', 'image/png', 'image/webp'];

function SearchBar({
  search,
  onSearch,
}: {
  search: Search | undefined;
  onSearch: (search: Search | undefined) => void;
}) {
  const [dragging, setDragging] = useState(false);
  const words = useRef<HTMLInputElement>(null);
  const take = (file: File | undefined) => {
    if (!file) return;
    if (pictures.includes(file.type)) onSearch({ picture: file });
    else toast(t('search.wrongFile'), true);
  };
  return (
    <search>
      <form
        class={`card search-bar ${dragging ? 'dragging' : ''}`}
        onSubmit={(event) => {
          event.preventDefault();
          const text = words.current?.value.trim();
          onSearch(text ? { text } : undefined);
        }}
        onDragOver={(event) => {
          event.preventDefault();
          setDragging(true);
        }}
        onDragLeave={() => setDragging(false)}
        onDrop={(event) => {
          event.preventDefault();
          setDragging(false);
          take(event.dataTransfer?.files[0]);
        }}
      >
        <Icon name="search" />
        <input
          ref={words}
          class="search-words"
          type="search"
          name="text"
          aria-label={t('search.label')}
          placeholder={t('search.placeholder')}
          defaultValue={search && 'text' in search ? search.text : ''}
          maxLength={500}
        />
        {search && !('text' in search) && (
          <span class="badge info">
            {'picture' in search
              ? t('search.byPicture', { name: search.picture.name })
              : t('search.bySimilar')}
          </span>
        )}
        {search && (
          <button
            type="button"
            class="button plain icon-only"
            aria-label={t('search.clear')}
            onClick={() => {
              if (words.current) words.current.value = '';
              onSearch(undefined);
            }}
          >
            <Icon name="close" />
          </button>
        )}
        <label class="button">
          <Icon name="upload" />
          <span class="wide-only">{t('search.picture')}</span>
          <input
            class="visually-hidden"
            type="file"
            accept={pictures.join(',')}
            aria-label={t('search.picture')}
            onChange={(event) => {
              take(event.currentTarget.files?.[0]);
              event.currentTarget.value = '';
            }}
          />
        </label>
        <button type="submit" class="button primary">
          {t('search.button')}
        </button>
      </form>
    </search>
  );
}
