/** What a person must know before believing the rest: stale, standby, rejected configuration. */
import type { ApiState } from '@zephyr/contract/api/api-state';
import { storeText } from '@zephyr/texts/screens';
import type { ComponentChildren } from 'preact';

import { link } from '../connection/page-state.ts';
import { speech } from '../language/language.ts';
import { Icon } from './icon.tsx';

/** The service that a page gets its state from. */
export type Teller = 'controller' | 'proxy';

export function Banners({ children }: { readonly children: ComponentChildren }) {
  return <div class="banners">{children}</div>;
}

export function LinkBanner({ teller }: { readonly teller: Teller }) {
  const { say, numbers } = speech.value;
  const now = link.value;
  if (now.status === 'stale') {
    const time = numbers.time(now.lastAtMs, now.lastAtMs);
    return (
      <Banner tone="bad" title={say('link.stale', { time })}>
        {say(`link.stale.${teller}`, { time })}
      </Banner>
    );
  }
  if (now.status === 'failed') {
    return (
      <Banner tone="bad" title={say(`link.failed.${teller}`)}>
        {say('link.failed.detail')}
      </Banner>
    );
  }
  return null;
}

export function StateBanners({ current }: { readonly current: ApiState }) {
  const { say } = speech.value;
  const { store, leadership, config, mode, selection } = current;
  const isStandingIn =
    mode.kind === 'manual' && selection.status !== 'none' && selection.activeId !== mode.endpointId;
  return (
    <>
      <StoreBanner store={store} atMs={current.atMs} />
      {store.status === 'connected' && leadership.status === 'standby' && (
        <LeaderBanner leaderId={leadership.leaderId} />
      )}
      {config.status === 'rejected' && (
        <Banner tone="warn" title={say('link.config')}>
          {say('link.config.detail')}
          <ul>
            {config.problems.map((problem) => (
              <li key={problem}>
                <code>{problem}</code>
              </li>
            ))}
          </ul>
        </Banner>
      )}
      {isStandingIn && (
        <Banner
          tone="warn"
          title={say('notice.pin_unavailable', {
            name:
              current.endpoints.find(({ id }) => id === mode.endpointId)?.name ?? mode.endpointId,
          })}
        />
      )}
    </>
  );
}

export function StoreBanner({ store, atMs }: Pick<ApiState, 'store' | 'atMs'>) {
  if (store.status === 'connected') return null;
  const { say } = speech.value;
  return (
    <Banner tone="warn" title={storeText(store, atMs, speech.value)}>
      {say(store.status === 'away' ? 'link.store.detail' : 'link.store.full.detail')}
    </Banner>
  );
}

function LeaderBanner({ leaderId }: { readonly leaderId: string | null }) {
  const { say } = speech.value;
  return leaderId === null ? (
    <Banner tone="warn" title={say('link.leaderless')}>
      {say('link.leaderless.detail')}
    </Banner>
  ) : (
    <Banner tone="quiet" title={say('link.standby')}>
      {say('link.standby.detail')}
    </Banner>
  );
}

interface BannerProps {
  readonly tone: 'bad' | 'warn' | 'quiet';
  readonly title: string;
  readonly children?: ComponentChildren;
}

export function Banner({ tone, title, children }: BannerProps) {
  return (
    <div class={`banner ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon name="warn" />
      <div>
        <strong>{title}</strong>
        {children !== undefined && <div class="detail">{children}</div>}
      </div>
    </div>
  );
}
