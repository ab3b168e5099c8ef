import type { FailureClass } from './types.ts';

export type Language = 'en' | 'zh';

/** What a person can do about each class of failure: one or two sentences. */
const ADVICE: Readonly<Record<FailureClass, Readonly<Record<Language, string>>>> = {
  dns: {
    en: "Check the spelling of the endpoint's URL, and that this machine can resolve names (`getent hosts <host>`).",
    zh: '检查端点 URL 的拼写，并确认本机能解析域名（`getent hosts <主机名>`）。',
  },
  refused: {
    en: 'Nobody listens there: check the port in the URL, a firewall, or whether the endpoint is down.',
    zh: '该地址无人监听：检查 URL 中的端口、防火墙，或端点是否已停机。',
  },
  connect_timeout: {
    en: 'No connection in time: check the network, a VPN or a firewall that drops packets silently.',
    zh: '未能及时建立连接：检查网络、VPN，或是否有防火墙静默丢包。',
  },
  tls: {
    en: "The certificate is not trusted or the port does not speak TLS: check the URL and this machine's clock. For a private authority set NODE_EXTRA_CA_CERTS.",
    zh: '证书不受信任或该端口不支持 TLS：检查 URL 与本机时钟；私有证书机构请设置 NODE_EXTRA_CA_CERTS。',
  },
  reset: {
    en: 'The connection was cut before an answer: usually the endpoint restarts or something in between blocks it. If it stays, ask its operator.',
    zh: '连接在应答前被切断：通常是端点正在重启或被中间设备拦截；若持续出现，请联系端点运营方。',
  },
  first_byte_timeout: {
    en: 'The endpoint took the request and did not answer: it is overloaded or hangs. Raise timeout_seconds only if it is known to be slow.',
    zh: '端点接收了请求但未应答：可能过载或卡死。仅当确知其较慢时才调大 timeout_seconds。',
  },
  idle_timeout: {
    en: 'The answer began and fell silent: the endpoint or its upstream hangs. Its operator has to look.',
    zh: '应答开始后中断无数据：端点或其上游卡住，需由其运营方排查。',
  },
  timeout: {
    en: 'The answer was not complete in time: the endpoint is slow. Raise timeout_seconds if that is usual for it.',
    zh: '应答未能按时完成：端点较慢。若其一贯如此，请调大 timeout_seconds。',
  },
  truncated: {
    en: 'The answer broke off in the middle: the endpoint loses its upstream. Its operator has to look.',
    zh: '应答中途断开：端点与其上游的连接丢失，需由其运营方排查。',
  },
  not_claude: {
    en: 'What answers is not the Messages API (a login page, a bot wall, an empty page): check the URL and its path, and that the URL has no /v1 at its end.',
    zh: '应答方不是 Messages API（登录页、防护墙或空页）：检查 URL 及其路径，且末尾不要带 /v1。',
  },
  server_error: {
    en: 'The endpoint reports a fault of its own. Wait; if it stays, ask its operator.',
    zh: '端点报告自身故障。请等待；若持续出现，请联系其运营方。',
  },
  overloaded: {
    en: 'The model is overloaded, not the endpoint. It passes by itself.',
    zh: '是模型过载而非端点故障，会自行恢复。',
  },
  rate_limited: {
    en: "The token's rate limit is reached: the endpoint works. Check less often, or raise the limit of the account.",
    zh: '令牌已达速率上限：端点本身正常。请降低检查频率，或提升账户限额。',
  },
  token_refused: {
    en: 'The token is wrong, expired or not allowed here: put the right one into .env under the name that auth_token_env says.',
    zh: '令牌错误、过期或无权限：请在 .env 中以 auth_token_env 指定的名称填入正确令牌。',
  },
  credit: {
    en: 'The account has no money or quota left: top it up, or take this group out.',
    zh: '账户余额或额度不足：请充值，或暂时移除该组。',
  },
  model_not_found: {
    en: 'The endpoint does not have the model of the check: set `model` under [health_check] to one that it offers.',
    zh: '端点没有检查所用的模型：请在 [health_check] 下将 `model` 设为其提供的模型。',
  },
  client_error: {
    en: 'The endpoint does not accept the request of the check. Try another `style` under [health_check]: `cli` is what Claude Code itself sends.',
    zh: '端点不接受检查请求。请在 [health_check] 下更换 `style`：`cli` 即 Claude Code 自身发出的请求。',
  },
  cli_missing: {
    en: 'The Claude CLI is not there: run `npm ci` in the repository, or set claude_binary_path to where it is.',
    zh: '找不到 Claude CLI：在仓库中运行 `npm ci`，或将 claude_binary_path 设为其所在路径。',
  },
  cli_crashed: {
    en: 'The Claude CLI failed on this machine, so nothing is known of the endpoint: check memory and load, and run `zephyr doctor`.',
    zh: 'Claude CLI 在本机运行失败，因此端点状态未知：检查内存与负载，并运行 `zephyr doctor`。',
  },
};

export function adviceFor(failure: FailureClass, language: Language): string {
  return ADVICE[failure][language];
}
