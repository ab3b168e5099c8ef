import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import type { ApiResult, ApiTrouble } from '../connection/api.ts';
import { link } from '../connection/page-state.ts';

export interface Refreshed<Choice, Answer> {
  /** The user's selection; changing it discards the old data. */
  readonly choice: Choice;
  readonly load: (choice: Choice) => Promise<ApiResult<Answer>>;
  readonly intervalMs: number;
}

/**
 * A page's figures: loaded immediately, then every period while the page is visible, and after a reconnect.
 */
export function useRefreshed<Choice, Answer>({
  choice,
  load,
  intervalMs,
}: Refreshed<Choice, Answer>): { data: Answer | null; trouble: ApiTrouble | null } {
  const loaded = useSignal<{ readonly choice: Choice; readonly answer: Answer } | null>(null);
  const trouble = useSignal<ApiTrouble | null>(null);
  const isLive = link.value.status === 'live';
  useEffect(() => {
    let isWanted = true;
    const reload = async () => {
      if (document.hidden) return;
      const result = await load(choice);
      if (!isWanted) return;
      if (result.status === 'done') loaded.value = { choice, answer: result.answer };
      trouble.value = result.status === 'done' ? null : result;
    };
    const onVisible = () => void reload();
    void reload();
    const timer = setInterval(() => void reload(), intervalMs);
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      isWanted = false;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [choice, isLive]);
  const isChosen = loaded.value?.choice === choice;
  return { data: isChosen ? (loaded.value?.answer ?? null) : null, trouble: trouble.value };
}
