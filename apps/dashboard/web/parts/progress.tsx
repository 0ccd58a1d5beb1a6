import { t } from '../words.ts';

export function Progress({ progress }: { progress: { done: number; total: number } | null }) {
  const share = progress && progress.total > 0 ? progress.done / progress.total : undefined;
  return (
    <div
      class={`progress ${share === undefined ? 'unknown' : ''}`}
      role="progressbar"
      aria-label={t('jobs.progress')}
      {...(share !== undefined && { 'aria-valuenow': Math.round(share * 100) })}
    >
      <span {...(share !== undefined && { style: { width: `${share * 100}%` } })} />
    </div>
  );
}
