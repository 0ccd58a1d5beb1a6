import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { send } from './api.ts';
import { at, pageAt } from './base-path.ts';
import { listen, live } from './live.ts';
import { loadSession } from './load-session.ts';
import { Icon, type IconName } from './parts/icon.tsx';
import { SecondFactor } from './parts/second-factor.tsx';
import { attempt, Toasts } from './parts/toast.tsx';
import { isOperator, session } from './session.ts';
import { setTheme, type Theme, theme } from './theme.ts';
import { language, setLanguage, t, type WordKey } from './words.ts';

interface Place {
  to: string;
  text: WordKey;
  icon: IconName;
  operators?: boolean;
}

const farm: Place[] = [
  { to: '/', text: 'nav.today', icon: 'today' },
  { to: '/rooms', text: 'nav.rooms', icon: 'room' },
  { to: '/images', text: 'nav.images', icon: 'image' },
  { to: '/coverage', text: 'nav.coverage', icon: 'coverage' },
  { to: '/quarantine', text: 'nav.quarantine', icon: 'quarantine' },
];
const work: Place[] = [
  { to: '/jobs', text: 'nav.jobs', icon: 'jobs' },
  { to: '/runs', text: 'nav.runs', icon: 'list' },
  { to: '/failed', text: 'nav.failed', icon: 'failed' },
  { to: '/alerts', text: 'nav.alerts', icon: 'alert' },
  { to: '/audit', text: 'nav.audit', icon: 'audit' },
  { to: '/access', text: 'nav.access', icon: 'key', operators: true },
];
const onPhones = [farm[0], farm[1], farm[2], farm[3], work[0]] as Place[];

/** The frame around every page: navigation, account and appearance. */
export function Shell({ children }: { children: ComponentChildren }) {
  const path = pageAt(useLocation().path);
  const [open, setOpen] = useState(false);
  useEffect(() => listen(), []);
  useEffect(() => setOpen(false), [path]);

  return (
    <div class="shell">
      <a class="skip" href="#main">
        {t('skip')}
      </a>
      <div class="topbar">
        <button
          type="button"
          class="button plain icon-only"
          aria-label={t('menu')}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <Icon name="menu" />
        </button>
        <a class="brand" href={at('/')}>
          <img src={at('/icon.svg')} alt="" />
          Mycelium
        </a>
        <OpenAlerts />
      </div>
      {open && <button type="button" class="veil" aria-label={t('close')} onClick={() => setOpen(false)} />}
      <aside class={`sidebar ${open ? 'open' : ''}`}>
        <a class="brand" href={at('/')}>
          <img src={at('/icon.svg')} alt="" />
          Mycelium
        </a>
        <nav class="nav" aria-label={t('nav.label')}>
          {farm.map((place) => (
            <NavLink key={place.to} place={place} path={path} />
          ))}
          <div class="nav-group">{t('nav.work')}</div>
          {work
            .filter(({ operators }) => !operators || isOperator())
            .map((place) => (
              <NavLink key={place.to} place={place} path={path} />
            ))}
          <a href={at('/queues')} target="_self">
            <Icon name="external" />
            {t('nav.queues')}
          </a>
        </nav>
        <Foot />
      </aside>
      <main class="main" id="main" tabIndex={-1}>
        {children}
      </main>
      <nav class="tabbar" aria-label={t('nav.short')}>
        {onPhones.map((place) => (
          <a key={place.to} href={at(place.to)} aria-current={isAt(path, place.to) ? 'page' : undefined}>
            <Icon name={place.icon} />
            {t(place.text)}
          </a>
        ))}
      </nav>
      <Toasts />
    </div>
  );
}

const isAt = (path: string, to: string) => (to === '/' ? path === '/' : path.startsWith(to));

function NavLink({ place, path }: { place: Place; path: string }) {
  const alerts = place.to === '/alerts' ? (live.value?.openAlerts ?? 0) : 0;
  const failed =
    place.to === '/failed' ? (live.value?.queues.reduce((sum, queue) => sum + queue.failed, 0) ?? 0) : 0;
  return (
    <a href={at(place.to)} aria-current={isAt(path, place.to) ? 'page' : undefined}>
      <Icon name={place.icon} />
      {t(place.text)}
      {alerts + failed > 0 && <span class="badge bad">{alerts + failed}</span>}
    </a>
  );
}

function OpenAlerts() {
  const open = live.value?.openAlerts ?? 0;
  if (open === 0) return null;
  return (
    <a class="badge bad" href={at('/alerts')}>
      <Icon name="alert" />
      {t('alerts.open', { n: open })}
    </a>
  );
}

const themes: { value: Theme; icon: IconName; text: WordKey }[] = [
  { value: 'auto', icon: 'auto', text: 'theme.auto' },
  { value: 'light', icon: 'sun', text: 'theme.light' },
  { value: 'dark', icon: 'moon', text: 'theme.dark' },
];

const switchLanguage = () =>
  attempt(async () => {
    await setLanguage(language.value === 'en' ? 'zh-CN' : 'en');
    return undefined;
  });

export function Switches() {
  return (
    <div class="switches">
      <fieldset class="segments" aria-label={t('theme')}>
        {themes.map(({ value, icon, text }) => (
          <button
            key={value}
            type="button"
            aria-pressed={theme.value === value}
            aria-label={t(text)}
            title={t(text)}
            onClick={() => setTheme(value)}
          >
            <Icon name={icon} />
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        class="button plain small"
        lang={language.value === 'en' ? 'zh-CN' : 'en'}
        onClick={switchLanguage}
      >
        {language.value === 'en' ? '中文' : 'English'}
      </button>
    </div>
  );
}

function Foot() {
  const current = session.value;
  const [showsFactor, setShowsFactor] = useState(false);
  if (current.state !== 'in') return null;
  const logOut = () =>
    attempt(async () => {
      const { next } = await send<{ next?: string }>('/api/logout');
      // The company's login has a session of its own.
      if (next) location.assign(next);
      else await loadSession();
      return undefined;
    });
  return (
    <div class="sidebar-foot">
      <Switches />
      <div class="whoami">
        {current.local ? (
          <span>{t('local')}</span>
        ) : (
          <span>
            <strong>{current.name}</strong>
            {t(current.role === 'operator' ? 'role.operator' : 'role.viewer')}
          </span>
        )}
        {current.by === 'session' && (
          <button
            type="button"
            class="button plain icon-only"
            aria-label={t('factor.title')}
            title={t('factor.title')}
            onClick={() => setShowsFactor(true)}
          >
            <Icon name="key" />
          </button>
        )}
        {showsFactor && <SecondFactor onClose={() => setShowsFactor(false)} />}
        {(current.by === 'session' || current.by === 'company') && (
          <button
            type="button"
            class="button plain icon-only"
            aria-label={t('logOut')}
            title={t('logOut')}
            onClick={logOut}
          >
            <Icon name="out" />
          </button>
        )}
      </div>
    </div>
  );
}
