import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { GalleryImage } from '../../src/images/gallery.ts';
import type { Wire } from '../api.ts';
import { pictureOf } from '../picture.ts';
import { dateTime, formatNumber, t } from '../words.ts';
import { Icon } from './icon.tsx';

export type Tile = Wire<GalleryImage> & { score?: number };

interface GalleryGridProps {
  images: Tile[];
  /** The total number of images, loaded or not, which determines the page's length. */
  total: number;
  onNeedMore: () => void;
  onOpen: (index: number) => void;
}

const gap = 10;
const caption = 46;
const rowsAround = 3;
/**
 * Pixels per millisecond. Above this speed no one sees the pictures, and loading them all would only delay the last
 * ones.
 */
const flying = 4;
const landedAfter = 120;

/** Renders only the tiles near the viewport, however many images there are. */
export function GalleryGrid({ images, total, onNeedMore, onOpen }: GalleryGridProps) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [range, setRange] = useState({ first: 0, last: 0 });
  const [isFlying, setFlying] = useState(false);

  const columns = Math.max(2, Math.floor((width + gap) / (width < 600 ? 150 : 210)));
  const tileWidth = (width - gap * (columns - 1)) / columns;
  const rowHeight = tileWidth * 0.75 + caption + gap;
  const rows = Math.ceil(total / columns);

  useLayoutEffect(() => {
    const resize = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    resize.observe(place.current as HTMLDivElement);
    return () => resize.disconnect();
  }, []);

  useEffect(() => {
    let landing: ReturnType<typeof setTimeout> | undefined;
    let [lastTop, lastAt] = [place.current?.getBoundingClientRect().top ?? 0, performance.now()];
    const look = () => {
      const top = place.current?.getBoundingClientRect().top ?? 0;
      const now = performance.now();
      if (Math.abs(top - lastTop) > flying * (now - lastAt)) {
        setFlying(true);
        clearTimeout(landing);
        landing = setTimeout(() => setFlying(false), landedAfter);
      }
      [lastTop, lastAt] = [top, now];
      const first = Math.max(0, Math.floor(-top / rowHeight) - rowsAround);
      const last = Math.min(rows, Math.ceil((innerHeight - top) / rowHeight) + rowsAround);
      setRange((old) => (old.first === first && old.last === last ? old : { first, last }));
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      clearTimeout(landing);
      setFlying(false);
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [rowHeight, rows]);

  const lastWanted = Math.min(total, range.last * columns);
  useEffect(() => {
    if (width > 0 && lastWanted > images.length) onNeedMore();
  }, [lastWanted, images.length, width]);

  const visible = [];
  for (let n = range.first * columns; n < lastWanted; n++) {
    const [row, column] = [Math.floor(n / columns), n % columns];
    const style = {
      width: `${tileWidth}px`,
      transform: `translate(${column * (tileWidth + gap)}px, ${row * rowHeight}px)`,
    };
    const image = images[n];
    visible.push(
      <li key={n} class="tile" style={style}>
        {image ? (
          <TileButton image={image} isFlying={isFlying} onOpen={() => onOpen(n)} />
        ) : (
          <div class="skeleton tile-picture" />
        )}
      </li>,
    );
  }
  return (
    <div ref={place}>
      <ul
        class="gallery"
        style={{ height: `${rows * rowHeight}px` }}
        aria-label={t('images.list', { n: total })}
      >
        {width > 0 && visible}
      </ul>
    </div>
  );
}

interface TileButtonProps {
  image: Tile;
  isFlying: boolean;
  onOpen: () => void;
}

function TileButton({ image, isFlying, onOpen }: TileButtonProps) {
  const state = stateOf(image);
  // A picture that was once requested stays.
  const asked = useRef(false);
  asked.current ||= !isFlying;
  return (
    <button type="button" onClick={onOpen}>
      {image.quarantined ? (
        <span class="tile-picture no-picture">
          <Icon name="quarantine" />
        </span>
      ) : asked.current ? (
        <img class="tile-picture" src={pictureOf(image, 320)} alt="" decoding="async" />
      ) : (
        <span class="tile-picture" />
      )}
      <span class="tile-caption">
        <strong>{image.room}</strong> {dateTime(image.capturedAt)}
        <span class="quiet">
          {t('growthDay', { day: image.growthDay })}
          {image.score !== undefined && ` · ${t('images.score', { score: formatNumber(image.score, 2) })}`}
          {image.score === undefined &&
            image.quality !== null &&
            ` · ${t('images.quality', { n: Math.round(image.quality) })}`}
        </span>
      </span>
      {state && <span class={`badge tile-badge ${state.tone}`}>{state.text}</span>}
    </button>
  );
}

function stateOf(image: Tile): { tone: string; text: string } | undefined {
  if (image.quarantined) return { tone: 'bad', text: t('state.quarantined') };
  if (!image.embedded) return { tone: 'warn', text: t('state.missing') };
  return undefined;
}
