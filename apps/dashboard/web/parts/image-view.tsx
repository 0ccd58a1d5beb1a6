import { useEffect } from 'preact/hooks';
import type { ImageDetail } from '../../src/images/gallery.ts';
import { useData, type Wire } from '../api.ts';
import { at } from '../base-path.ts';
import { digits, metricNames, unitOf } from '../metrics.ts';
import { pictureOf } from '../picture.ts';
import { dateTime, formatNumber, fullTime, maybe, t } from '../words.ts';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';
import { ErrorState, Loading } from './states.tsx';

interface ImageViewProps {
  id: number;
  onClose: () => void;
  onSimilar?: (id: number) => void;
  onStep?: (by: 1 | -1) => void;
}

/** A picture at full size, with everything known about it. */
export function ImageView({ id, onClose, onSimilar, onStep }: ImageViewProps) {
  const { data: image, error } = useData<Wire<ImageDetail>>(`/api/images/${id}`);
  const shown = image?.id === id ? image : undefined;
  useEffect(() => {
    const onKey = ({ key }: KeyboardEvent) => {
      if (key === 'ArrowLeft') onStep?.(-1);
      if (key === 'ArrowRight') onStep?.(1);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [onStep]);
  return (
    <Dialog
      title={
        shown ? t('image.title', { room: shown.room, when: dateTime(shown.capturedAt) }) : t('image.one')
      }
      kind="wide"
      onClose={onClose}
      tools={
        onStep && (
          <>
            <button
              type="button"
              class="button plain icon-only"
              aria-label={t('image.previous')}
              onClick={() => onStep(-1)}
            >
              <Icon name="left" />
            </button>
            <button
              type="button"
              class="button plain icon-only"
              aria-label={t('image.next')}
              onClick={() => onStep(1)}
            >
              <Icon name="right" />
            </button>
          </>
        )
      }
    >
      {error && <ErrorState error={error} />}
      {!shown && !error && <Loading height={420} />}
      {shown && (
        <div class="image-view">
          <figure>
            {shown.quarantined ? (
              <div class="no-picture large">
                <Icon name="quarantine" />
                {t('image.unreadable')}
              </div>
            ) : (
              <img
                src={pictureOf(shown, 1600)}
                alt={t('image.alt', { room: shown.room, when: dateTime(shown.capturedAt) })}
              />
            )}
          </figure>
          <div class="image-facts">
            {shown.quarantine && (
              <div class="notice bad">
                <Icon name="quarantine" />
                <span>
                  <strong>{maybe(`reason.${shown.quarantine.reason}`, shown.quarantine.reason)}</strong>
                  <br />
                  {shown.quarantine.detail}
                </span>
              </div>
            )}
            <Description image={shown} />
            <dl class="facts">
              <dt>{t('image.growth')}</dt>
              <dd>
                {t('growthDay', { day: shown.growthDay })} · {maybe(`stage.${shown.stage}`, shown.stage)}
              </dd>
              {metricNames.map((metric) => {
                const value = shown[metric];
                return value === null ? null : (
                  <>
                    <dt>{t(`metric.${metric}`)}</dt>
                    <dd>
                      {formatNumber(value, digits[metric])} {unitOf[metric]}
                    </dd>
                  </>
                );
              })}
              <dt>{t('image.captured')}</dt>
              <dd>{fullTime(shown.capturedAt)}</dd>
              <dt>{t('image.camera')}</dt>
              <dd>{shown.camera}</dd>
              <dt>{t('image.key')}</dt>
              <dd class="mono">{shown.key}</dd>
              <dt>{t('image.madeFrom')}</dt>
              <dd>
                {shown.textUsed ? (
                  <>
                    <span class="badge">
                      {t(shown.madeFrom === 'description' ? 'image.fromDescription' : 'image.fromIdentity')}
                    </span>
                    <p class="small text-used">{shown.textUsed}</p>
                    {shown.textCut && <span class="badge warn">{t('image.cut')}</span>}
                  </>
                ) : (
                  <span class="badge warn">{t('image.noVector')}</span>
                )}
              </dd>
              {shown.model && (
                <>
                  <dt>{t('image.model')}</dt>
                  <dd class="mono">
                    {shown.model} {shown.demoModel && <span class="badge warn">{t('image.demoModel')}</span>}
                  </dd>
                </>
              )}
            </dl>
            <div class="button-row">
              {onSimilar && shown.embedded && (
                <button type="button" class="button" onClick={() => onSimilar(shown.id)}>
                  <Icon name="similar" />
                  {t('image.similar')}
                </button>
              )}
              <a
                class="button"
                href={at(
                  `/rooms/${encodeURIComponent(shown.room)}?from=${Date.parse(shown.capturedAt) - 43_200_000}&to=${Date.parse(shown.capturedAt) + 43_200_000}`,
                )}
              >
                <Icon name="room" />
                {t('image.toRoom')}
              </a>
            </div>
          </div>
        </div>
      )}
    </Dialog>
  );
}

function Description({ image }: { image: Wire<ImageDetail> }) {
  const { growth_stage_description: english, chinese_description: chinese } = image.description ?? {};
  if (!image.description) return <p class="quiet">{t('image.noDescription')}</p>;
  return (
    <div class="description">
      {typeof chinese === 'string' && <p lang="zh-CN">{chinese}</p>}
      {typeof english === 'string' && <p lang="en">{english}</p>}
      {image.quality !== null && (
        <div class="quality" role="img" aria-label={t('image.qualityOf', { n: Math.round(image.quality) })}>
          <span class="small quiet">{t('image.quality')}</span>
          <span class="progress">
            <span style={{ width: `${image.quality}%` }} />
          </span>
          <strong class="number">{Math.round(image.quality)}</strong>
        </div>
      )}
    </div>
  );
}
