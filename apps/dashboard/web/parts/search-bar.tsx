import { useRef, useState } from 'preact/hooks';
import type { Search } from '../use-images.ts';
import { t } from '../words.ts';
import { Icon } from './icon.tsx';
import { toast } from './toast.tsx';

const pictures = ['image/jpeg', 'image/png', 'image/webp'];

export function SearchBar({
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
    else toast(t('refused.picture-format'), true);
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
