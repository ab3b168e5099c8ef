import { proxyUrl } from './connect-lines.ts';
import { decisionShown } from './decision-shown.ts';
import { speech } from './language.ts';
import { pageName } from './navigation.ts';
import { isStale, link } from './page.ts';
import type { PageName } from './page-address.ts';
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
import { Lazy } from './views/lazy.tsx';
import { Login } from './views/login.tsx';
import { Nav } from './views/nav.tsx';
import { NowPlaceholder } from './views/now.tsx';
import { NowPanel } from './views/now-panel.tsx';
import { Requests } from './views/requests.tsx';
import { Sessions } from './views/sessions.tsx';
import { Toasts } from './views/toasts.tsx';

const loadHistory = async () => (await import('./views/history-page.tsx')).HistoryPage;
const loadUsage = async () => (await import('./views/usage-page.tsx')).UsagePage;
const loadDecision = async () => (await import('./views/decision-dialog.tsx')).DecisionDialog;
const loadRequests = async () => (await import('./views/request-page.tsx')).RequestPage;
const loadSettings = async () => (await import('./views/settings-page.tsx')).SettingsPage;

export function App({ onSignedIn }: { readonly onSignedIn: () => void }) {
  const { say } = speech.value;
  const isLoginNeeded = link.value.status === 'login';
  return (
    <>
      <Header>
        {!isLoginNeeded && <Nav />}
        <HelpButton />
      </Header>
      {isLoginNeeded ? <Login onSignedIn={onSignedIn} /> : <Main />}
      <Footer version={state.value?.version ?? null}>
        {state.value !== null && (
          <a href={`${proxyUrl(state.value, location.hostname)}/status`}>{say('footer.status')}</a>
        )}{' '}
        <a href="openapi.json">{say('footer.api')}</a>
      </Footer>
      <Confirm />
      <Help />
      {decisionShown.value !== null && <Lazy load={loadDecision} />}
      <Toasts />
    </>
  );
}

/** Stale content stays readable, but is visibly outdated. */
function Main() {
  const current = state.value;
  const { say } = speech.value;
  const page = pageName.value;
  return (
    <main
      class={isStale.value ? 'stale' : ''}
      aria-label={page === 'overview' ? say('app.dashboard') : say(`nav.${page}`)}
    >
      <Banners>
        <LinkBanner teller="controller" />
        {current !== null && <StateBanners current={current} />}
      </Banners>
      <PageContent page={page} />
    </main>
  );
}

function PageContent({ page }: { readonly page: PageName }) {
  switch (page) {
    case 'overview':
      return <Overview />;
    case 'history':
      return <Lazy key={page} load={loadHistory} />;
    case 'usage':
      return <Lazy key={page} load={loadUsage} />;
    case 'requests':
      return <Lazy key={page} load={loadRequests} />;
    case 'settings':
      return <Lazy key={page} load={loadSettings} />;
  }
}

function Overview() {
  const current = state.value;
  if (current === null) return <NowPlaceholder teller="controller" />;
  return (
    <div class="grid">
      <NowPanel current={current} />
      <Endpoints current={current} />
      <LatencyChart current={current} />
      <Requests current={current} />
      <Sessions current={current} />
      <EventLog current={current} />
      <Cost current={current} />
    </div>
  );
}
