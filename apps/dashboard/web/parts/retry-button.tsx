import { t } from '../words.ts';
import { Icon } from './icon.tsx';

export function RetryButton({ onRetry }: { onRetry: () => unknown }) {
  return (
    <button type="button" class="button small" onClick={() => void onRetry()}>
      <Icon name="retry" />
      {t('runs.retry')}
    </button>
  );
}
