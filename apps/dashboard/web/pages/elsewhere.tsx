import { at } from '../base-path.ts';
import { Icon } from '../parts/icon.tsx';
import { Switches } from '../shell.tsx';
import { t } from '../words.ts';

/** Shown to a visitor from another machine if the dashboard has no login. */
export function Elsewhere() {
  return (
    <main class="login">
      <div class="card login-card">
        <div class="login-brand">
          <img src={at('/icon.svg')} alt="" width="44" height="44" />
          <h1>Mycelium</h1>
        </div>
        <div class="notice bad" role="alert">
          <Icon name="key" />
          <span>{t('refused.no-pass')}</span>
        </div>
      </div>
      <Switches />
    </main>
  );
}
