import type { ComponentChildren } from 'preact';
import { errorText } from '../error-text.ts';
import { t } from '../words.ts';
import { Icon, type IconName } from './icon.tsx';

export function Loading({ height = 240 }: { height?: number }) {
  return (
    <div class="skeleton" style={{ height: `${height}px` }} role="status">
      <span class="visually-hidden">{t('loading')}</span>
    </div>
  );
}

export function ErrorState({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  return (
    <div class="card state" role="alert">
      <Icon name="failed" />
      <h2>{t('error.title')}</h2>
      <p>{errorText(error)}</p>
      {onRetry && (
        <button type="button" class="button" onClick={onRetry}>
          <Icon name="retry" />
          {t('tryAgain')}
        </button>
      )}
    </div>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
}

export function Empty({ icon, title, children }: EmptyProps) {
  return (
    <div class="state">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}
