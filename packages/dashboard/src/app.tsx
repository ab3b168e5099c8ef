import { speech } from './language.ts';
import { isStale, link } from './page.ts';
import { state } from './store.ts';
import { Banners, LinkBanner, StateBanners } from './views/banners.tsx';
import { LatencyChart } from './views/chart.tsx';
import { Confirm } from './views/confirm.tsx';
import { Cost } from './views/cost.tsx';
import { Endpoints } from './views/endpoints.tsx';
import { EventLog } from './views/event-log.tsx';
import { Footer } from './views/footer.tsx';
import { Header } from './views/header.tsx';
import { Help, HelpButton } from './views/help.tsx';
import { Login } from './views/login.tsx';
import { NowPlaceholder } from './views/now.tsx';
import { NowPanel } from './views/now-panel.tsx';
import { Requests } from './views/requests.tsx';
import { Sessions } from './views/sessions.tsx';
import { Toasts } from './views/toasts.tsx';

export function App({ onSignedIn }: { readonly onSignedIn: () => void }) {
  return (
    <>
      <Header>
        <HelpButton />
      </Header>
      {link.value.status === 'login' ? <Login onSignedIn={onSignedIn} /> : <Overview />}
      <Footer version={state.value?.version ?? null} />
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
  return (
    <main class={isStale.value ? 'stale' : ''} aria-label={say('app.dashboard')}>
      <Banners>
        <LinkBanner teller="controller" />
        {current !== null && <StateBanners current={current} />}
      </Banners>
      {current === null ? (
        <NowPlaceholder teller="controller" />
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
