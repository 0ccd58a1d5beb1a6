import { at } from '../base-path.ts';
import { PageHead } from '../parts/page-head.tsx';
import { Empty } from '../parts/states.tsx';
import { t } from '../words.ts';

export function NotFound() {
  return (
    <>
      <PageHead title={t('notFound.title')} />
      <div class="card">
        <Empty icon="search" title={t('notFound.text')}>
          <a class="button" href={at('/')}>
            {t('nav.today')}
          </a>
        </Empty>
      </div>
    </>
  );
}
