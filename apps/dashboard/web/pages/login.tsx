import { useState } from 'preact/hooks';
import { ApiError, send } from '../api.ts';
import { loadSession } from '../load-session.ts';
import { Icon } from '../parts/icon.tsx';
import { Switches } from '../shell.tsx';
import { t } from '../words.ts';

/** Where to go after logging in: a page of this server and of no other. */
function destination(): string {
  const next = new URLSearchParams(location.search).get('next') ?? '/';
  const url = URL.canParse(next, location.origin) ? new URL(next, location.origin) : undefined;
  return url?.origin === location.origin ? `${url.pathname}${url.search}` : '/';
}

function reasonOf(failure: Error): string {
  if (!(failure instanceof ApiError)) return failure.message;
  if (failure.status === 401) return t('login.wrong');
  if (failure.status === 429) return t('login.locked', { n: Math.ceil((failure.retryAfter ?? 60) / 60) });
  return failure.message;
}

export function Login() {
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function logIn(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    setBusy(true);
    try {
      await send('/api/login', { name: form.get('name'), password: form.get('password') });
      if (location.pathname === '/login') location.replace(destination());
      else await loadSession();
    } catch (failure) {
      setError(reasonOf(failure as Error));
      setBusy(false);
    }
  }

  return (
    <main class="login">
      <form class="card login-card" onSubmit={logIn}>
        <div class="login-brand">
          <img src="/icon.svg" alt="" width="44" height="44" />
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
        <button type="submit" class="button primary" disabled={busy}>
          {t('login.button')}
        </button>
      </form>
      <Switches />
    </main>
  );
}
