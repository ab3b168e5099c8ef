/** The state of one proxy: which endpoint is serving, why, and the state of the others. Read only. */
import type { ProxyStatus } from '@zephyr/contract/status/proxy-status';
import { nextOf, roleOf, type Situation } from '@zephyr/texts/screens';

import { Banner, Banners, LinkBanner, StoreBanner } from '../components/banners.tsx';
import { Figure, inOrder, Who } from '../components/endpoint-parts.tsx';
import { Fact, Now, NowPlaceholder } from '../components/now.tsx';
import { maxScoreMsOf, ScoreBar } from '../components/score-bar.tsx';
import { controllerEpochMs, isStale } from '../connection/page-state.ts';
import { speech } from '../language/language.ts';
import { Footer } from '../shell/footer.tsx';
import { Header } from '../shell/header.tsx';
import { proxyState, situationOf } from './proxy-state.ts';

export function StatusPage() {
  const { say } = speech.value;
  const current = proxyState.value;
  return (
    <>
      <Header>
        {current !== null && (
          <DashboardLink port={current.dashboardPort} scheme={current.dashboardScheme} />
        )}
      </Header>
      <main class={isStale.value ? 'stale' : ''} aria-label={say('status.title')}>
        <Banners>
          <LinkBanner teller="proxy" />
          {current !== null && <StateBanners current={current} />}
        </Banners>
        {current === null ? <NowPlaceholder teller="proxy" /> : <Overview current={current} />}
      </main>
      <Footer version={current?.proxy.version ?? null} />
    </>
  );
}

/** The dashboard itself asks for the admin token if needed. */
function DashboardLink({ port, scheme }: { readonly port: number; readonly scheme: string }) {
  const url = `${scheme}://${location.hostname}:${port}/`;
  return (
    <a class="button" href={url}>
      {speech.value.say('app.dashboard')}
    </a>
  );
}

function StateBanners({ current: { store, snapshot, proxy, atMs } }: OverviewProps) {
  const { say } = speech.value;
  return (
    <>
      <StoreBanner store={store} atMs={atMs} />
      {snapshot.source !== 'redis' && (
        <Banner tone="warn" title={say(`status.source.${snapshot.source}`)}>
          {say('status.source.detail')}
        </Banner>
      )}
      {proxy.status === 'draining' && (
        <Banner tone="quiet" title={say('status.draining')}>
          {say('status.draining.detail')}
        </Banner>
      )}
    </>
  );
}

interface OverviewProps {
  readonly current: ProxyStatus;
}

function Overview({ current }: OverviewProps) {
  const situation = situationOf(current);
  // What follows a steady state depends on facts that only the controller has.
  const isSteady = situation.selection.status === 'steady';
  return (
    <div class="grid">
      <Now
        situation={situation}
        next={isSteady ? '' : nextOf(situation, speech.value, controllerEpochMs.value)}
        facts={<Facts current={current} />}
      />
      <Endpoints current={current} situation={situation} />
      <p class="hint">
        {speech.value.say('status.proxy')} <code>{current.proxy.id}</code>
      </p>
    </div>
  );
}

function Facts({ current }: OverviewProps) {
  const { say, numbers } = speech.value;
  return (
    <>
      <Fact label={say('fact.mode')} value={say(`mode.${current.mode.kind}`)} />
      <Fact label={say('fact.requests')} value={numbers.count(current.activeRequests)} />
    </>
  );
}

function Endpoints({ current, situation }: OverviewProps & { readonly situation: Situation }) {
  const { say, numbers } = speech.value;
  const maxMs = maxScoreMsOf(current.endpoints);
  return (
    <section
      class="panel endpoints brief"
      aria-labelledby="endpoints-title"
      id="endpoints"
      tabIndex={-1}
    >
      <div class="panel-head">
        <h2 id="endpoints-title">{say('endpoints.title')}</h2>
      </div>
      <div class="row head" aria-hidden="true">
        <span>{say('column.endpoint')}</span>
        <span>{say('column.score')}</span>
        <span>{say('column.requests')}</span>
      </div>
      <ul>
        {inOrder(current.endpoints).map((endpoint) => {
          const shown = { ...endpoint, unavailable: [] };
          const role = roleOf(shown, situation.selection);
          return (
            <li
              key={endpoint.id}
              class={`endpoint ${role}`}
              data-endpoint={endpoint.id}
              data-role={role}
            >
              <div class="row">
                <Who endpoint={shown} role={role} selection={situation.selection} />
                <ScoreBar score={endpoint.score} maxMs={maxMs} />
                <Figure label={say('column.requests')}>
                  {numbers.count(endpoint.activeRequests)}
                </Figure>
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
