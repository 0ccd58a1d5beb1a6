import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { query, useData } from '../api.ts';
import { at } from '../base-path.ts';
import { GalleryGrid } from '../parts/gallery-grid.tsx';
import { Icon } from '../parts/icon.tsx';
import { ImageView } from '../parts/image-view.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { SearchBar } from '../parts/search-bar.tsx';
import { Empty, ErrorState, Loading } from '../parts/states.tsx';
import { type Filter, type Search, useImages } from '../use-images.ts';
import { t } from '../words.ts';

const filterNames = ['room', 'from', 'to', 'stage', 'state', 'growthDay', 'minQuality'] as const;

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
    route(at(`/images${query({ ...filter, text: next && 'text' in next ? next.text : undefined })}`), true);
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
      {found.shortened && (
        <span class="badge warn wrap" role="status">
          {t('search.shortened', { text: found.shortened })}
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
            <button type="button" class="button plain" onClick={() => route(at('/images'), true)}>
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
