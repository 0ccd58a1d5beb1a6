import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ask, send, useData } from '../api.ts';
import { t } from '../words.ts';
import { CodeField } from './code-field.tsx';
import { Dialog } from './dialog.tsx';
import { ErrorState, Loading } from './states.tsx';
import { attempt } from './toast.tsx';

/** Sets or removes the second factor of the visitor's own account. */
export function SecondFactor({ onClose }: { onClose: () => void }) {
  const { data, error, reload } = useData<{ on: boolean }>('/api/second-factor');
  return (
    <Dialog title={t('factor.title')} onClose={onClose}>
      {error && !data && <ErrorState error={error} onRetry={reload} />}
      {!data && !error && <Loading height={120} />}
      {data?.on && <Remove onDone={onClose} />}
      {data?.on === false && <Add onDone={onClose} />}
    </Dialog>
  );
}

function Remove({ onDone }: { onDone: () => void }) {
  return (
    <CodeForm
      note={t('factor.isOn')}
      button={t('factor.remove')}
      onSend={async (form) => {
        await send('/api/second-factor/remove', { code: codeOf(form) });
        return t('factor.removed');
      }}
      onDone={onDone}
    />
  );
}

function Add({ onDone }: { onDone: () => void }) {
  const [{ secret, picture }, setOffer] = useState<{ secret?: string; picture?: string }>({});
  useEffect(() => {
    void attempt(async () => {
      const [offer, { renderSVG }] = await Promise.all([
        ask<{ secret: string; uri: string }>('/api/second-factor/secret', {
          method: 'POST',
        }),
        import('uqr'),
      ]);
      const svg = renderSVG(offer.uri, { border: 2 });
      setOffer({ secret: offer.secret, picture: `data:image/svg+xml,${encodeURIComponent(svg)}` });
      return undefined;
    });
  }, []);
  if (!secret) return <Loading height={300} />;
  return (
    <CodeForm
      note={t('factor.scan')}
      button={t('factor.add')}
      onSend={async (form) => {
        await send(
          '/api/second-factor',
          { secret, code: codeOf(form), password: form.get('password') },
          'PUT',
        );
        return t('factor.added');
      }}
      onDone={onDone}
    >
      <img class="factor-code" src={picture} alt={t('factor.picture')} width="220" height="220" />
      <p class="quiet small">
        {t('factor.byHand')} <code>{secret.replaceAll(/(.{4})/g, '$1 ').trim()}</code>
      </p>
      <label class="field">
        {t('login.password')}
        <input class="input" name="password" type="password" autocomplete="current-password" required />
      </label>
    </CodeForm>
  );
}

const codeOf = (form: FormData) => String(form.get('code')).replaceAll(/\s/g, '');

interface CodeFormProps {
  note: string;
  button: string;
  onSend: (form: FormData) => Promise<string>;
  onDone: () => void;
  children?: ComponentChildren;
}

function CodeForm({ note, button, onSend, onDone, children }: CodeFormProps) {
  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    if (await attempt(() => onSend(form))) onDone();
  }
  return (
    <form class="form" onSubmit={submit}>
      <p>{note}</p>
      {children}
      <CodeField />
      <div class="dialog-foot">
        <button type="submit" class="button primary">
          {button}
        </button>
      </div>
    </form>
  );
}
