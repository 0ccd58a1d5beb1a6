import { useState } from 'preact/hooks';
import { ApiError, query, send } from '../api.ts';
import { at } from '../base-path.ts';
import { errorText } from '../error-text.ts';
import { destination, loadSession } from '../load-session.ts';
import { CodeField } from '../parts/code-field.tsx';
import { Icon } from '../parts/icon.tsx';
import { session } from '../session.ts';
import { Switches } from '../shell.tsx';
import { storedText, t } from '../words.ts';

/** Why the company's login sent the browser back without a session. */
function problem(): string | undefined {
  const asked = new URLSearchParams(location.search);
  const code = asked.get('problem');
  if (!code?.startsWith('refused.')) return undefined;
  return storedText({ code, params: { name: asked.get('name') ?? '–' } }, t('refused.company-login'));
}

export function Login() {
  const [error, setError] = useState(problem);
  const [asksForCode, setAsksForCode] = useState(false);
  const [busy, setBusy] = useState(false);

  async function logIn(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    setBusy(true);
    try {
      const code = String(form.get('code') ?? '').replaceAll(/\s/g, '');
      await send('/api/login', {
        name: form.get('name'),
        password: form.get('password'),
        ...(code && { code }),
      });
      if (location.pathname === at('/login')) location.replace(destination());
      else await loadSession();
    } catch (failure) {
      setError(errorText(failure));
      if (failure instanceof ApiError && failure.code === 'refused.code-needed') setAsksForCode(true);
      setBusy(false);
    }
  }

  return (
    <main class="login">
      <form class="card login-card" onSubmit={logIn}>
        <div class="login-brand">
          <img src={at('/icon.svg')} alt="" width="44" height="44" />
          <div>
            <h1>Mycelium</h1>
            <p class="quiet">{t('login.note')}</p>
          </div>
        </div>
        {error && (
          <div class="notice bad" role="alert">
            <Icon name="failed" />
            {error}
          </div>
        )}
        <label class="field">
          {t('login.name')}
          <input class="input" name="name" autocomplete="username" required maxLength={100} />
        </label>
        <label class="field">
          {t('login.password')}
          <input
            class="input"
            name="password"
            type="password"
            autocomplete="current-password"
            required
            maxLength={1000}
          />
        </label>
        {asksForCode && <CodeField />}
        <button type="submit" class="button primary" disabled={busy}>
          {t('login.button')}
        </button>
        {session.value.state === 'out' && session.value.company && (
          <a class="button" href={at(`/api/company-login${query({ next: destination() })}`)}>
            {t('login.company')}
          </a>
        )}
      </form>
      <Switches />
    </main>
  );
}
