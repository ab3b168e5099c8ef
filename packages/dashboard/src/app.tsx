import { speech } from './language.ts';
import { link, state } from './store.ts';
import { Banners } from './views/banners.tsx';
import { LatencyChart } from './views/chart.tsx';
import { Confirm } from './views/confirm.tsx';
import { Cost } from './views/cost.tsx';
import { Endpoints } from './views/endpoints.tsx';
import { EventLog } from './views/event-log.tsx';
import { Header } from './views/header.tsx';
import { Help } from './views/help.tsx';
import { Login } from './views/login.tsx';
import { NowPanel, NowPlaceholder } from './views/now-panel.tsx';
import { Requests } from './views/requests.tsx';
import { Sessions } from './views/sessions.tsx';
import { Toasts } from './views/toasts.tsx';

export function App({ onSignedIn }: { readonly onSignedIn: () => void }) {
  return (
    <>
      <Header />
      {link.value.status === 'login' ? <Login onSignedIn={onSignedIn} /> : <Overview />}
      <Confirm />
      <Help />
      <Toasts />
    </>
  );
}

/** What is shown while stale stays readable, but visibly belongs to the past. */
function Overview() {
  const current = state.value;
  const { say } = speech.value;
  const isStale = link.value.status === 'stale' || current?.store.status === 'away';
  return (
    <main class={isStale ? 'stale' : ''} aria-label={say('app.dashboard')}>
      <Banners />
      {current === null ? (
        <NowPlaceholder />
      ) : (
        <div class="grid">
          <NowPanel current={current} />
          <Endpoints current={current} />
          <LatencyChart current={current} />
          <Requests current={current} />
          <Sessions current={current} />
          <EventLog current={current} />
          <Cost current={current} />
        </div>
      )}
    </main>
  );
}
