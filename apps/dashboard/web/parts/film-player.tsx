import { useEffect, useState } from 'preact/hooks';
import { pictureOf } from '../picture.ts';
import { useKeys } from '../use-keys.ts';
import { dateTime, t } from '../words.ts';
import { Icon } from './icon.tsx';
import { Segments } from './segments.tsx';

export interface Frame {
  id: number;
  version: string;
  capturedAt: string;
  growthDay: number;
}

/** Images per second. */
const speeds = { '2': 2, '4': 4, '8': 8, '16': 16 } as const;
type Speed = keyof typeof speeds;

interface FilmPlayerProps {
  room: string;
  images: Frame[];
  /** How many were left out as dark. */
  dark: number;
}

/** Plays images, the newest first shown. Space plays and pauses; the arrow keys, Home and End step. */
export function FilmPlayer({ room, images, dark }: FilmPlayerProps) {
  const [at, setAt] = useState(images.length - 1);
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<Speed>('4');
  const frame = images[at] as Frame;
  const last = images.length - 1;
  const step = (by: number) => {
    setPlaying(false);
    setAt((now) => Math.min(last, Math.max(0, now + by)));
  };
  const toggle = () => {
    if (!playing && at === last) setAt(0);
    setPlaying(!playing);
  };

  useEffect(() => {
    if (!playing) return;
    if (at === last) return setPlaying(false);
    const next = images[at + 1] as Frame;
    let ended = false;
    // The film waits for a picture that has not come yet.
    const began = performance.now();
    const show = () => {
      const left = 1_000 / speeds[speed] - (performance.now() - began);
      setTimeout(() => !ended && setAt(at + 1), Math.max(0, left));
    };
    load(next).then(show, show);
    for (const later of images.slice(at + 2, at + 8)) load(later).catch(() => {});
    return () => {
      ended = true;
    };
  }, [playing, at, speed]);

  useKeys(
    {
      ' ': toggle,
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
      Home: () => step(-images.length),
      End: () => step(images.length),
    },
    'button, a',
  );

  return (
    <section class="card time-lapse" aria-label={t('timelapse.title', { room })}>
      <img src={pictureOf(frame, 1600)} alt={t('image.alt', { room, when: dateTime(frame.capturedAt) })} />
      <p class="time-lapse-label" role="status" aria-live={playing ? 'off' : 'polite'}>
        <strong>{t('growthDay', { day: frame.growthDay })}</strong>
        <span>{dateTime(frame.capturedAt)}</span>
        <span class="quiet number">{t('timelapse.position', { n: at + 1, of: images.length })}</span>
      </p>
      <input
        type="range"
        class="time-lapse-scrubber"
        min={0}
        max={last}
        value={at}
        aria-label={t('timelapse.scrubber')}
        aria-valuetext={`${t('growthDay', { day: frame.growthDay })}, ${dateTime(frame.capturedAt)}`}
        onInput={(event) => {
          setPlaying(false);
          setAt(Number(event.currentTarget.value));
        }}
      />
      <div class="button-row">
        <button
          type="button"
          class="button icon-only"
          aria-label={t('image.previous')}
          disabled={at === 0}
          onClick={() => step(-1)}
        >
          <Icon name="left" />
        </button>
        <button type="button" class="button primary" disabled={last === 0} onClick={toggle}>
          <Icon name={playing ? 'pause' : 'play'} />
          {t(playing ? 'timelapse.pause' : 'timelapse.play')}
        </button>
        <button
          type="button"
          class="button icon-only"
          aria-label={t('image.next')}
          disabled={at === last}
          onClick={() => step(1)}
        >
          <Icon name="right" />
        </button>
        <Segments<Speed>
          label={t('timelapse.speed')}
          value={speed}
          options={(Object.keys(speeds) as Speed[]).map((value) => ({
            value,
            text: t('timelapse.perSecond', { n: speeds[value] }),
          }))}
          onChange={setSpeed}
        />
      </div>
      {dark > 0 && <p class="quiet small">{t('timelapse.dark', { n: dark })}</p>}
    </section>
  );
}

function load(frame: Frame): Promise<void> {
  const picture = new Image();
  picture.src = pictureOf(frame, 1600);
  return picture.decode();
}
