import type { ComponentChildren } from 'preact';
import type { Alert } from '../../src/records/alerts.ts';
import type { Wire } from '../api.ts';
import { jobTitle } from '../job-title.ts';
import { dateTime, fromNow, maybe, t } from '../words.ts';

export function AlertRow({ alert, children }: { alert: Wire<Alert>; children?: ComponentChildren }) {
  return (
    <li class="row">
      <span class={`dot ${alert.severity === 'critical' ? 'bad' : 'warn'}`} />
      <div class="row-main">
        <strong>
          {maybe(`alert.${alert.kind}`, alert.kind)}: {jobTitle(alert.subject, alert.subject)}
        </strong>
        <span class="wrap">{alert.message}</span>
        <span class="quiet small" title={dateTime(alert.openedAt)}>
          {maybe(`severity.${alert.severity}`, alert.severity)} · {fromNow(alert.openedAt)}
          {alert.closedAt && ` · ${t('alerts.closed', { when: dateTime(alert.closedAt) })}`}
        </span>
      </div>
      {children}
    </li>
  );
}
