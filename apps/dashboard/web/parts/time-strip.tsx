import type { Change } from '../../src/rooms/setpoints.ts';
import type { Wire } from '../api.ts';
import { changeText } from '../change-text.ts';
import { pictureOf } from '../picture.ts';
import { dateTime, t } from '../words.ts';
import { axisWidth, type Series, type Window } from './climate-chart.tsx';

interface TimeStripProps {
  room: string;
  window: Window;
  images: Series['images'];
  changes: Wire<Change>[];
  onImage: (id: number) => void;
}

const share = (at: string, { from, to }: Window) => ((Date.parse(at) - from) / (to - from)) * 100;

/** Pictures and changes below the curves, aligned with the same time axis. */
export function TimeStrip({ room, window, images, changes, onImage }: TimeStripProps) {
  return (
    <div class="time-strip" style={{ paddingLeft: `${axisWidth}px` }}>
      <div class="marks" role="img" aria-label={t('room.marks', { n: changes.length })}>
        {changes.map((change) => (
          <span
            key={`${change.device}${change.point}${change.at}`}
            class="mark"
            style={{ left: `${share(change.at, window)}%` }}
            title={`${dateTime(change.at)} · ${changeText(change)}`}
          />
        ))}
      </div>
      <div class="strip">
        {images.map((image) => (
          <button
            key={image.id}
            type="button"
            class="strip-image"
            style={{ left: `${share(image.capturedAt, window)}%` }}
            title={dateTime(image.capturedAt)}
            aria-label={t('image.alt', { room, when: dateTime(image.capturedAt) })}
            onClick={() => onImage(image.id)}
          >
            <img src={pictureOf(image, 160)} alt="" loading="lazy" />
          </button>
        ))}
        {images.length === 0 && <span class="quiet small strip-none">{t('room.noImages')}</span>}
      </div>
    </div>
  );
}
