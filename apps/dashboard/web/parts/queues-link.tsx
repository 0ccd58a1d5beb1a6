import { t } from '../words.ts';
import { Icon } from './icon.tsx';

/** To Bull Board, which is another application. */
export function QueuesLink() {
  return (
    <a class="button" href="/queues" target="_self">
      <Icon name="external" />
      {t('nav.queues')}
    </a>
  );
}
