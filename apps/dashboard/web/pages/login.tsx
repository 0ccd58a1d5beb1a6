import { useState } from 'preact/hooks';
import { send } from '../api.ts';
import { at } from '../base-path.ts';
import { errorText } from '../error-text.ts';
import { destination, loadSession } from '../load-session.ts';
import { Icon } from '../parts/icon.tsx';
import { Switches } from '../shell.tsx';
import { t } from '../words.ts';

export function Login() {
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function logIn(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    setBusy(true);
    try {
      await send('/api/login', { name: form.get('name'), password: form.get('password') });
      if (location.pathname === at('/login')) location.replace(destination());
      else await loadSession();
    } catch (failure) {
      setError(errorText(failure));
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
        <button type="submit" class="button primary" disabled={busy}>
          {t('login.button')}
        </button>
      </form>
      <Switches />
    </main>
  );
}
