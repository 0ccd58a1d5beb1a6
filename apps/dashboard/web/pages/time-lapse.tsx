import { useLocation, useRoute } from 'preact-iso';
import { query, useData } from '../api.ts';
import { at } from '../base-path.ts';
import { FilmPlayer, type Frame } from '../parts/film-player.tsx';
import { Icon } from '../parts/icon.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { RoomChooser } from '../parts/room-chooser.tsx';
import { Segments } from '../parts/segments.tsx';
import { Empty, ErrorState, Loading } from '../parts/states.tsx';
import { shortDay, t } from '../words.ts';

interface Film {
  from: string;
  to: string;
  images: Frame[];
  dark: number;
}

type Every = 'day' | 'image';

/** A room's pictures as a film. What is shown is in the address: `?from=&to=&every=&night=`, the newest batch by default. */
export function TimeLapse() {
  const { params } = useRoute();
  const { query: asked, route } = useLocation();
  const room = params.room ?? '';
  const path = `/rooms/${encodeURIComponent(room)}`;
  const { data: rooms } = useData<{ rooms: string[] }>('/api/rooms');
  const options = { from: asked.from, to: asked.to, every: asked.every, night: asked.night };
  const film = useData<Film>(`/api${path}/timelapse${query(options)}`);
  const change = (changes: Partial<typeof options>) =>
    route(at(`${path}/timelapse${query({ ...options, ...changes })}`), true);
  const { data } = film;

  return (
    <>
      <PageHead
        title={t('timelapse.title', { room })}
        note={data && data.images.length > 0 && `${shortDay(data.from)} – ${shortDay(data.to)}`}
      >
        {rooms && (
          <RoomChooser
            room={room}
            rooms={rooms.rooms}
            onRoom={(chosen) =>
              route(
                `/rooms/${encodeURIComponent(chosen)}/timelapse${query({ every: asked.every, night: asked.night })}`,
              )
            }
          />
        )}
        <Segments<Every>
          label={t('timelapse.every')}
          value={asked.every === 'image' ? 'image' : 'day'}
          options={[
            { value: 'day', text: t('timelapse.daily') },
            { value: 'image', text: t('timelapse.all') },
          ]}
          onChange={(every) => change({ every })}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={asked.night === 'true'}
            onChange={(event) => change({ night: event.currentTarget.checked ? 'true' : '' })}
          />
          {t('timelapse.night')}
        </label>
        <a class="button" href={at(path)}>
          <Icon name="room" />
          {t('timelapse.toRoom')}
        </a>
      </PageHead>
      {film.error && !data && <ErrorState error={film.error} onRetry={film.reload} />}
      {!data && !film.error && <Loading height={520} />}
      {data && data.images.length === 0 && (
        <div class="card">
          <Empty icon="image" title={t('images.none')}>
            {data.dark > 0 && <p>{t('timelapse.dark', { n: data.dark })}</p>}
          </Empty>
        </div>
      )}
      {data && data.images.length > 0 && (
        <FilmPlayer
          key={`${room} ${data.from} ${data.to} ${data.images.length}`}
          room={room}
          images={data.images}
          dark={data.dark}
        />
      )}
    </>
  );
}
