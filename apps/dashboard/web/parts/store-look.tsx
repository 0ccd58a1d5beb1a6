import { clock, t } from '../words.ts';
import { Icon } from './icon.tsx';

/** When the image store was listed for these numbers, or that it was not. */
export function StoreLook({ lookedAt }: { lookedAt: string | null }) {
  if (lookedAt) return <p class="small quiet">{t('coverage.listed', { at: clock(lookedAt) })}</p>;
  return (
    <div class="notice warn">
      <Icon name="alert" />
      {t('coverage.notListed')}
    </div>
  );
}
