import { at } from '../base-path.ts';
import { t } from '../words.ts';
import { Icon } from './icon.tsx';

/** A link to Bull Board, which is a separate application. */
export function QueuesLink() {
  return (
    <a class="button" href={at('/queues')} target="_self">
      <Icon name="external" />
      {t('nav.queues')}
    </a>
  );
}
