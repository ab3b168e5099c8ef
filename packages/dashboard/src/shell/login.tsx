import { useSignal } from '@preact/signals';
import { ADMIN_TOKEN_VARIABLE } from '@zephyr/contract/api/admin-token';

import { logIn } from '../connection/send-command.ts';
import { speech } from '../language/language.ts';

/** Asks for the admin token, which becomes a cookie that no script can read. */
export function Login({ onLoggedIn }: { readonly onLoggedIn: () => void }) {
  const { say } = speech.value;
  const token = useSignal('');
  const isWrong = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    isWrong.value = false;
    if (await logIn(token.value)) onLoggedIn();
    else isWrong.value = true;
  };
  return (
    <main class="login">
      <form class="panel" onSubmit={(event) => void submit(event)}>
        <h2>{say('login.title')}</h2>
        <p>{say('login.detail')}</p>
        <p class="hint">{say('login.where', { variable: ADMIN_TOKEN_VARIABLE })}</p>
        <label>
          {say('login.label')}
          <input
            type="password"
            autocomplete="current-password"
            required
            value={token.value}
            onInput={(event) => {
              token.value = event.currentTarget.value;
            }}
          />
        </label>
        {isWrong.value && (
          <p class="bad-text" role="alert">
            {say('login.wrong')}
          </p>
        )}
        <button type="submit" class="primary">
          {say('login.send')}
        </button>
      </form>
    </main>
  );
}
