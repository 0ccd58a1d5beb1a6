import { dateTime, fromNow, maybe, t } from '../words.ts';
import { Icon, type IconName } from './icon.tsx';

const looks: Record<string, { tone: string; icon?: IconName }> = {
  succeeded: { tone: 'good', icon: 'check' },
  failed: { tone: 'bad', icon: 'close' },
  missed: { tone: 'warn', icon: 'alert' },
  running: { tone: 'info', icon: 'play' },
  waiting: { tone: 'info', icon: 'jobs' },
  retrying: { tone: 'warn', icon: 'retry' },
  paused: { tone: '', icon: 'pause' },
  coalesced: { tone: '' },
};

/** The status of a run. */
export function Status({ status }: { status: string }) {
  const { tone, icon } = looks[status] ?? { tone: '' };
  return (
    <span class={`badge ${tone}`}>
      {icon && <Icon name={icon} />}
      {maybe(`status.${status}`, status)}
    </span>
  );
}

/** A due slot that has not started. */
export function Late({ since }: { since: string }) {
  return (
    <span class="badge bad" title={dateTime(since)}>
      <Icon name="alert" />
      {t('jobs.late', { when: fromNow(since) })}
    </span>
  );
}
