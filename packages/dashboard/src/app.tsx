import { Banners, LinkBanner, StateBanners } from './components/banners.tsx';
import { proxyUrl } from './components/connect-lines.ts';
import { isStale, link } from './connection/page-state.ts';
import { speech } from './language/language.ts';
import { pageName } from './navigation/navigation.ts';
import type { PageName } from './navigation/page-address.ts';
import { Overview } from './pages/overview/overview-page.tsx';
import { Confirm } from './shell/confirm.tsx';
import { Footer } from './shell/footer.tsx';
import { Header } from './shell/header.tsx';
import { Help, HelpButton } from './shell/help.tsx';
import { Lazy } from './shell/lazy.tsx';
import { Login } from './shell/login.tsx';
import { Nav } from './shell/nav.tsx';
import { Toasts } from './shell/toasts.tsx';
import { decisionShown } from './state/decision-shown.ts';
import { state } from './state/store.ts';

const loadHistory = async () => (await import('./pages/history/history-page.tsx')).HistoryPage;
const loadUsage = async () => (await import('./pages/usage/usage-page.tsx')).UsagePage;
const loadDecision = async () =>
  (await import('./pages/decision/decision-dialog.tsx')).DecisionDialog;
const loadRequests = async () => (await import('./pages/requests/request-page.tsx')).RequestPage;
const loadSettings = async () => (await import('./pages/settings/settings-page.tsx')).SettingsPage;

export function App({ onLoggedIn }: { readonly onLoggedIn: () => void }) {
  const { say } = speech.value;
  const isLoginNeeded = link.value.status === 'login';
  return (
    <>
      <Header>
        {!isLoginNeeded && <Nav />}
        <HelpButton />
      </Header>
      {isLoginNeeded ? <Login onLoggedIn={onLoggedIn} /> : <Main />}
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
