import { useSignal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';

import { Banner } from '../components/banners.tsx';
import { speech } from '../language/language.ts';

type Loading =
  | { readonly status: 'loading' }
  | { readonly status: 'loaded'; readonly View: FunctionComponent }
  | { readonly status: 'failed' };

/** A page that is loaded when opened. @param load must be a stable function */
export function Lazy({ load }: { readonly load: () => Promise<FunctionComponent> }) {
  const { say } = speech.value;
  const loading = useSignal<Loading>({ status: 'loading' });
  useEffect(() => {
    load().then(
      (View) => {
        loading.value = { status: 'loaded', View };
      },
      () => {
        loading.value = { status: 'failed' };
      },
    );
  }, [load]);
  const now = loading.value;
  switch (now.status) {
    case 'loading':
      return <p class="empty">{say('page.loading')}</p>;
    case 'loaded':
      return <now.View />;
    case 'failed':
      return (
        <Banner tone="bad" title={say('page.missing')}>
          {say('page.missing.detail')}
        </Banner>
      );
  }
}
