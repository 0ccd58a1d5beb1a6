import { t } from '../words.ts';

/** The six digits of an authenticator app. */
export function CodeField() {
  return (
    <label class="field">
      {t('login.code')}
      <input
        class="input"
        name="code"
        inputMode="numeric"
        autocomplete="one-time-code"
        pattern="[0-9 ]{6,7}"
        required
      />
    </label>
  );
}
