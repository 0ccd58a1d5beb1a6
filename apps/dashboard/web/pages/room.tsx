import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import type { FlappingPoint } from '../../src/rooms/flapping.ts';
import type { Change } from '../../src/rooms/setpoints.ts';
import { query, useData, type Wire } from '../api.ts';
import { at } from '../base-path.ts';
import { metricNames } from '../metrics.ts';
import { ChangesList } from '../parts/changes-list.tsx';
import { ClimateChart, type Series, type Window } from '../parts/climate-chart.tsx';
import { Icon } from '../parts/icon.tsx';
import { ImageView } from '../parts/image-view.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { PanZoom } from '../parts/pan-zoom.tsx';
import { RoomChooser } from '../parts/room-chooser.tsx';
import { Segments } from '../parts/segments.tsx';
import { Empty, ErrorState, Loading } from '../parts/states.tsx';
import { StatsTable } from '../parts/stats-table.tsx';
import { TimeStrip } from '../parts/time-strip.tsx';
import { useKeys } from '../use-keys.ts';
import { dateTime, t } from '../words.ts';

const minute = 60_000;
const hour = 60 * minute;
const spans = { '1': 24, '3': 72, '7': 168, '30': 720, '90': 2_160 } as const;
type Span = keyof typeof spans;
const shortest = 10 * minute;
const longest = 780 * 24 * hour;

export function RoomPage() {
  const { params } = useRoute();
  const { route } = useLocation();
  const { data: rooms, error, reload } = useData<{ rooms: string[] }>('/api/rooms');
  const room = params.room ?? rooms?.rooms[0];

  if (error && !rooms) return <ErrorState error={error} onRetry={reload} />;
  if (!rooms) return <Loading height={480} />;
  if (!room || !rooms.rooms.includes(room)) {
    return (
      <>
        <PageHead title={t('nav.rooms')} />
        <div class="card">
          <Empty icon="room" title={room ? t('room.unknown', { room }) : t('today.noRooms')}>
            {room && (
              <a class="button" href={at('/rooms')}>
                {t('nav.rooms')}
              </a>
            )}
          </Empty>
        </div>
      </>
    );
  }
  return (
    <RoomView
      key={room}
      room={room}
      rooms={rooms.rooms}
      onRoom={(chosen) => route(at(`/rooms/${encodeURIComponent(chosen)}${location.search}`))}
    />
  );
}

interface RoomViewProps {
  room: string;
  rooms: string[];
  onRoom: (room: string) => void;
}

/** The time window is in the address, so that a view can be shared. The default is the last three days. */
function windowOfAddress(): Window {
  const asked = new URLSearchParams(location.search);
  const [from, to] = [Number(asked.get('from')), Number(asked.get('to'))];
  if (from > 0 && to - from >= shortest && to - from <= longest) return { from, to };
  const now = Date.now();
  return { from: now - spans['3'] * hour, to: now };
}

function RoomView({ room, rooms, onRoom }: RoomViewProps) {
  const [window, setWindow] = useState(windowOfAddress);
  const [shown, setShown] = useState<number>();
  // Nothing is loaded while the window moves; the existing curves move with it.
  const settled = useSettled(window, 150);
  const touched = useRef(false);
  useEffect(() => {
    if (touched.current)
      history.replaceState(history.state, '', `${location.pathname}${query({ ...settled })}`);
  }, [settled]);
  const path = `/api/rooms/${encodeURIComponent(room)}`;
  const span = {
    from: new Date(Math.round(settled.from)).toISOString(),
    to: new Date(Math.round(settled.to)).toISOString(),
  };
  const buckets = Math.min(1_200, Math.max(200, Math.round(innerWidth * 0.7)));
  const series = useData<Series>(
    `${path}/series${query({ ...span, buckets, images: innerWidth < 700 ? 8 : 24 })}`,
  );
  const changes = useData<{ changes: Wire<Change>[]; flapping: Wire<FlappingPoint>[] }>(
    `${path}/changes${query(span)}`,
  );
  const chosen = (Object.keys(spans) as Span[]).find(
    (key) => Math.abs(window.to - window.from - spans[key] * hour) < 60_000,
  );

  const show = ({ from, to }: Window) => {
    const length = Math.min(longest, Math.max(shortest, to - from));
    const end = Math.min(Date.now(), (from + to + length) / 2);
    const next = { from: Math.round(end - length), to: Math.round(end) };
    touched.current = true;
    setWindow(next);
  };
  const move = (share: number) => {
    const by = (window.to - window.from) * share;
    show({ from: window.from + by, to: window.to + by });
  };
  const zoom = (factor: number, share = 0.5) => {
    const length = window.to - window.from;
    const still = window.from + length * share;
    show({ from: still - length * factor * share, to: still + length * factor * (1 - share) });
  };

  useEffect(() => {
    const timer = setInterval(() => {
      // A window that ends at the current time moves with the clock.
      setWindow(({ from, to }) => {
        const by = Date.now() - to;
        return by < 3 * minute ? { from: from + by, to: to + by } : { from, to };
      });
    }, minute);
    return () => clearInterval(timer);
  }, []);

  useKeys(
    {
      ArrowLeft: () => move(-0.5),
      ArrowRight: () => move(0.5),
      '+': () => zoom(0.5),
      '-': () => zoom(2),
    },
    '[role=grid]',
  );

  return (
    <>
      <PageHead title={t('room.title', { room })} note={`${dateTime(window.from)} – ${dateTime(window.to)}`}>
        <RoomChooser room={room} rooms={rooms} onRoom={onRoom} />
        <a class="button" href={at(`/rooms/${encodeURIComponent(room)}/timelapse`)}>
          <Icon name="play" />
          {t('timelapse.open')}
        </a>
        <Segments
          label={t('room.span')}
          value={chosen}
          options={(Object.keys(spans) as Span[]).map((key) => ({
            value: key,
            text: t('days.short', { n: key }),
          }))}
          onChange={(key) => {
            const to = window.to > Date.now() - 6 * hour ? Date.now() : window.to;
            show({ from: to - spans[key] * hour, to });
          }}
        />
        <div class="button-row">
          <button
            type="button"
            class="button icon-only"
            aria-label={t('room.earlier')}
            title={t('room.earlier')}
            onClick={() => move(-0.5)}
          >
            <Icon name="left" />
          </button>
          <button
            type="button"
            class="button icon-only"
            aria-label={t('room.zoomIn')}
            title={t('room.zoomIn')}
            onClick={() => zoom(0.5)}
          >
            <Icon name="plus" />
          </button>
          <button
            type="button"
            class="button icon-only"
            aria-label={t('room.zoomOut')}
            title={t('room.zoomOut')}
            onClick={() => zoom(2)}
          >
            <Icon name="minus" />
          </button>
          <button
            type="button"
            class="button icon-only"
            aria-label={t('room.later')}
            title={t('room.later')}
            onClick={() => move(0.5)}
          >
            <Icon name="right" />
          </button>
        </div>
      </PageHead>

      {series.error && !series.data && <ErrorState error={series.error} onRetry={series.reload} />}
      {!series.data && !series.error && <Loading height={620} />}
      {series.data && (
        <section class={`card charts ${series.loading ? 'stale' : ''}`} aria-label={t('room.curves')}>
          <PanZoom move={move} zoom={zoom}>
            {metricNames.map((metric, n) => (
              <ClimateChart
                key={metric}
                metric={metric}
                series={series.data as Series}
                window={window}
                onZoom={show}
                last={n === metricNames.length - 1}
              />
            ))}
          </PanZoom>
          <TimeStrip
            room={room}
            window={window}
            images={series.data.images.filter((image) => isWithin(image.capturedAt, window))}
            changes={(changes.data?.changes ?? []).filter(({ at }) => isWithin(at, window))}
            onImage={setShown}
          />
          <p class="quiet small chart-help">
            {t(matchMedia('(pointer: coarse)').matches ? 'room.helpTouch' : 'room.help')}
          </p>
        </section>
      )}
      <div class="columns wide-left section">
        <StatsTable path={path} window={settled} />
        <ChangesList
          changes={changes.data?.changes}
          flapping={changes.data?.flapping ?? []}
          error={changes.error}
        />
      </div>
      {shown !== undefined && <ImageView id={shown} onClose={() => setShown(undefined)} />}
    </>
  );
}

const isWithin = (at: string, { from, to }: Window) => Date.parse(at) >= from && Date.parse(at) < to;

/** The value, once it has not changed for the given number of milliseconds. */
function useSettled<T>(value: T, quiet: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), quiet);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
