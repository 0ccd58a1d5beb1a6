import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../words.ts';
import { Icon } from './icon.tsx';

interface DialogProps {
  title: string;
  kind?: 'drawer' | 'wide';
  onClose: () => void;
  tools?: ComponentChildren;
  children: ComponentChildren;
}

/** The browser's own dialog element, which traps the focus and restores it. */
export function Dialog({ title, kind, onClose, tools, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the browser closes it with Escape
    <dialog
      ref={dialog}
      class={`dialog ${kind ?? ''}`}
      aria-labelledby={heading}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="dialog-head">
        <h2 id={heading}>{title}</h2>
        <div class="page-tools">
          {tools}
          <button
            type="button"
            class="button plain icon-only"
            aria-label={t('close')}
            onClick={() => dialog.current?.close()}
          >
            <Icon name="close" />
          </button>
        </div>
      </div>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}
