import { t } from '../words.ts';
import { Icon } from './icon.tsx';

/** A link to Bull Board, which is a separate application. */
export function QueuesLink() {
  return (
    <a class="button" href="/queues" target="_self">
      <Icon name="external" />
      {t('nav.queues')}
    </a>
  );
}
