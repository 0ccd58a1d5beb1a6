import { useEffect } from 'preact/hooks';
import { ErrorBoundary, LocationProvider, lazy, Route, Router } from 'preact-iso';
import { at } from './base-path.ts';
import { loadSession } from './load-session.ts';
import { Elsewhere } from './pages/elsewhere.tsx';
import { Login } from './pages/login.tsx';
import { NotFound } from './pages/not-found.tsx';
import { Today } from './pages/today.tsx';
import { ErrorState, Loading } from './parts/states.tsx';
import { session } from './session.ts';
import { Shell } from './shell.tsx';
import { hasTexts } from './words.ts';

const RoomPage = lazy(() => import('./pages/room.tsx').then((page) => page.RoomPage));
const TimeLapse = lazy(() => import('./pages/time-lapse.tsx').then((page) => page.TimeLapse));
const Images = lazy(() => import('./pages/images.tsx').then((page) => page.Images));
const Quarantine = lazy(() => import('./pages/quarantine.tsx').then((page) => page.Quarantine));
const Coverage = lazy(() => import('./pages/coverage.tsx').then((page) => page.Coverage));
const Jobs = lazy(() => import('./pages/jobs.tsx').then((page) => page.Jobs));
const Runs = lazy(() => import('./pages/runs.tsx').then((page) => page.Runs));
const Failed = lazy(() => import('./pages/failed.tsx').then((page) => page.Failed));
const Alerts = lazy(() => import('./pages/alerts.tsx').then((page) => page.Alerts));
const Audit = lazy(() => import('./pages/audit.tsx').then((page) => page.Audit));
const Access = lazy(() => import('./pages/access.tsx').then((page) => page.Access));

// Bull Board is served by the server, not by this router.
const ownPages = new RegExp(`^${at('/').replaceAll('.', '\\.')}(?!queues(/|$)|api/)`);

export function App() {
  const { state } = session.value;
  useEffect(() => {
    if (state === 'loading') void loadSession();
  }, [state]);
  if (!hasTexts.value) return null;
  if (state === 'elsewhere') return <Elsewhere />;
  if (state === 'loading') return <Loading />;
  if (state === 'failed')
    return <ErrorState error={session.value.error} onRetry={() => void loadSession()} />;
  return (
    <LocationProvider scope={ownPages}>
      <ErrorBoundary>{state === 'out' ? <Login /> : <Pages />}</ErrorBoundary>
    </LocationProvider>
  );
}

function Pages() {
  return (
    <Shell>
      <Router>
        <Route path={at('/')} component={Today} />
        <Route path={at('/login')} component={Today} />
        <Route path={at('/rooms')} component={RoomPage} />
        <Route path={at('/rooms/:room')} component={RoomPage} />
        <Route path={at('/rooms/:room/timelapse')} component={TimeLapse} />
        <Route path={at('/images')} component={Images} />
        <Route path={at('/quarantine')} component={Quarantine} />
        <Route path={at('/coverage')} component={Coverage} />
        <Route path={at('/jobs')} component={Jobs} />
        <Route path={at('/runs')} component={Runs} />
        <Route path={at('/failed')} component={Failed} />
        <Route path={at('/alerts')} component={Alerts} />
        <Route path={at('/audit')} component={Audit} />
        <Route path={at('/access')} component={Access} />
        <Route default component={NotFound} />
      </Router>
    </Shell>
  );
}
