/** The settings page's requests to the controller, and the lines for a new person. */
import { apiAddress, editPath } from '@zephyr/contract/api/api-routes';
import type {
  ApiSettings,
  EditAnswer,
  EditBody,
  EditName,
} from '@zephyr/contract/operate/config-edit';
import { SURVEY_WAIT_MS } from '@zephyr/contract/probe/survey-timing';

import { type ApiResult, ask } from '../../connection/api.ts';

/** A new endpoint is tested before the answer, and the controller itself gives up earlier. */
const TEST_TIMEOUT_MS = SURVEY_WAIT_MS + 15_000;

export function loadSettings(): Promise<ApiResult<ApiSettings>> {
  return ask(apiAddress('settings'));
}

export function edit<Name extends EditName>(
  name: Name,
  body: EditBody<Name>,
): Promise<ApiResult<EditAnswer>> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  return name === 'add-endpoint'
    ? ask(editPath(name), init, TEST_TIMEOUT_MS)
    : ask(editPath(name), init);
}

/** Makes an edit; the follow-up runs only if it succeeds. */
export type MakeEdit = <Name extends EditName>(
  name: Name,
  body: EditBody<Name>,
  onDone: (answer: EditAnswer) => void,
) => void;

export interface SettingsPart {
  readonly settings: ApiSettings;
  readonly isBusy: boolean;
  readonly make: MakeEdit;
  /** Shows the result. */
  readonly report: (text: string) => void;
}
