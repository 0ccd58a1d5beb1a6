import { useState } from 'preact/hooks';
import type { AccountRow, TokenRow } from '../../src/access/access-list.ts';
import { send, useData, type Wire } from '../api.ts';
import { at } from '../base-path.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Empty, ErrorState, Loading } from '../parts/states.tsx';
import { attempt } from '../parts/toast.tsx';
import { type Role, session } from '../session.ts';
import { dateTime, fromNow, t } from '../words.ts';

interface Answer {
  accounts: Wire<AccountRow>[];
  tokens: Wire<TokenRow>[];
  login: boolean;
}

export function Access() {
  const { data, error, reload } = useData<Answer>('/api/access');
  const [adding, setAdding] = useState<'account' | 'token'>();
  const [token, setToken] = useState<string>();

  const remove = (url: string) =>
    attempt(async () => {
      await send(url, {}, 'DELETE');
      reload();
      return t('access.removed');
    });

  return (
    <>
      <PageHead title={t('nav.access')} note={t('access.note')} />
      {error && !data && <ErrorState error={error} onRetry={reload} />}
      {!data && !error && <Loading height={300} />}
      {data && !data.login && (
        <div class="notice warn">
          <Icon name="info" />
          {t('access.local')}
        </div>
      )}
      {session.value.state === 'in' && session.value.company && (
        <div class="notice">
          <Icon name="info" />
          {t('access.company')}
        </div>
      )}
      {data && (
        <div class="columns section">
          <section aria-labelledby="accounts">
            <SectionHead
              id="accounts"
              title={t('access.accounts')}
              add={t('access.addAccount')}
              onAdd={() => setAdding('account')}
            />
            <div class="card">
              {data.accounts.length === 0 ? (
                <Empty icon="key" title={t('access.noAccounts')} />
              ) : (
                <ul class="rows">
                  {data.accounts.map((account) => (
                    <li key={account.name} class="row">
                      <div class="row-main">
                        <strong>{account.name}</strong>
                        <span class="quiet small">
                          {t(account.source === 'settings' ? 'access.fromSettings' : 'access.since', {
                            when: dateTime(account.createdAt),
                          })}
                        </span>
                      </div>
                      {account.secondFactor && (
                        <SecondFactorBadge
                          name={account.name}
                          onRemove={() =>
                            remove(`/api/accounts/${encodeURIComponent(account.name)}/second-factor`)
                          }
                        />
                      )}
                      <RoleBadge role={account.role} />
                      {account.source === 'console' && (
                        <RemoveButton
                          name={account.name}
                          onRemove={() => remove(`/api/accounts/${encodeURIComponent(account.name)}`)}
                        />
                      )}
                    </li>
                  ))}
                </ul>
              )}
            </div>
          </section>
          <section aria-labelledby="tokens">
            <SectionHead
              id="tokens"
              title={t('access.tokens')}
              add={t('access.addToken')}
              onAdd={() => setAdding('token')}
            />
            <div class="card">
              {data.tokens.length === 0 ? (
                <Empty icon="key" title={t('access.noTokens')}>
                  <p>
                    {t('access.tokenHelp')} <a href={at('/api/openapi.json')}>OpenAPI</a>
                  </p>
                </Empty>
              ) : (
                <ul class="rows">
                  {data.tokens.map((one) => (
                    <li key={one.id} class="row">
                      <div class="row-main">
                        <strong>{one.name}</strong>
                        <span class="quiet small">
                          {one.lastUsedAt
                            ? t('access.used', { when: fromNow(one.lastUsedAt) })
                            : t('access.unused')}
                        </span>
                      </div>
                      <RoleBadge role={one.role} />
                      <RemoveButton name={one.name} onRemove={() => remove(`/api/tokens/${one.id}`)} />
                    </li>
                  ))}
                </ul>
              )}
            </div>
          </section>
        </div>
      )}
      {adding && (
        <Add
          what={adding}
          onClose={() => {
            setAdding(undefined);
            reload();
          }}
          onToken={setToken}
        />
      )}
      {token && (
        <Dialog title={t('access.tokenTitle')} onClose={() => setToken(undefined)}>
          <p>{t('access.tokenOnce')}</p>
          <pre class="code">{token}</pre>
        </Dialog>
      )}
    </>
  );
}

interface SectionHeadProps {
  id: string;
  title: string;
  add: string;
  onAdd: () => void;
}

function SectionHead({ id, title, add, onAdd }: SectionHeadProps) {
  return (
    <div class="section-head">
      <h2 id={id}>{title}</h2>
      <button type="button" class="button small" onClick={onAdd}>
        <Icon name="plus" />
        {add}
      </button>
    </div>
  );
}

function RemoveButton({ name, onRemove }: { name: string; onRemove: () => unknown }) {
  return (
    <button
      type="button"
      class="button plain small icon-only danger"
      aria-label={t('access.remove', { name })}
      onClick={() => void onRemove()}
    >
      <Icon name="trash" />
    </button>
  );
}

/** A click removes it, such as after a lost phone. */
function SecondFactorBadge({ name, onRemove }: { name: string; onRemove: () => unknown }) {
  const isOwn = session.value.state === 'in' && session.value.name === name;
  if (isOwn) return <span class="badge">{t('factor.badge')}</span>;
  return (
    <button
      type="button"
      class="badge"
      title={t('factor.removeOf', { name })}
      aria-label={t('factor.removeOf', { name })}
      onClick={() => confirm(t('factor.removeSure', { name })) && void onRemove()}
    >
      {t('factor.badge')}
    </button>
  );
}

function RoleBadge({ role }: { role: Role }) {
  return (
    <span class={`badge ${role === 'operator' ? 'info' : ''}`}>
      {t(role === 'operator' ? 'role.operator' : 'role.viewer')}
    </span>
  );
}

interface AddProps {
  what: 'account' | 'token';
  onClose: () => void;
  onToken: (token: string) => void;
}

function Add({ what, onClose, onToken }: AddProps) {
  async function add(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const body = { name: String(form.get('name')), role: String(form.get('role')) };
    const done = await attempt(async () => {
      if (what === 'account') {
        await send('/api/accounts', { ...body, password: String(form.get('password')) });
        return t('access.added', { name: body.name });
      }
      const { token } = await send<{ token: string }>('/api/tokens', body);
      onToken(token);
      return undefined;
    });
    if (done) onClose();
  }
  return (
    <Dialog title={t(what === 'account' ? 'access.addAccount' : 'access.addToken')} onClose={onClose}>
      <form class="form" onSubmit={add}>
        <label class="field">
          {t('access.name')}
          <input class="input" name="name" required maxLength={60} autocomplete="off" />
        </label>
        <label class="field">
          {t('access.role')}
          <select class="select" name="role">
            <option value="viewer">{t('role.viewer')}</option>
            <option value="operator">{t('role.operator')}</option>
          </select>
        </label>
        {what === 'account' && (
          <label class="field">
            {t('access.password')}
            <input
              class="input"
              name="password"
              type="password"
              required
              minLength={10}
              maxLength={1000}
              autocomplete="new-password"
            />
          </label>
        )}
        <div class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>
            {t('cancel')}
          </button>
          <button type="submit" class="button primary">
            {t('access.add')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
