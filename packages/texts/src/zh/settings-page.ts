import type { settingsPage as en } from '../en/settings-page.ts';
import type { Texts } from '../texts.ts';

export const settingsPage = {
  'settings.people': '人员与机器',
  'settings.people.none': '没有人有密钥：代理不要求密钥。',
  'settings.people.name': '名称',
  'settings.people.key': '密钥',
  'settings.people.hashed': '以哈希保存',
  'settings.people.elsewhere': '位于 {place}',
  'settings.people.add': '创建密钥',
  'settings.people.rotate': '更换密钥',
  'settings.people.rotate.one': '更换 {name} 的密钥',
  'settings.people.rotate.detail': '旧密钥几秒内即被拒绝。',
  'settings.people.remove': '移除',
  'settings.people.remove.one': '移除 {name}',
  'settings.people.remove.detail': '其密钥几秒内即被拒绝，进行中的响应会中止。',
  'settings.endpoints': '端点',
  'settings.endpoints.name': '端点',
  'settings.endpoints.group': '组',
  'settings.endpoints.url': '基础 URL（不含 /v1）',
  'settings.endpoints.token': '令牌（仅用于新组）',
  'settings.endpoints.add': '添加端点',
  'settings.endpoints.remove.one': '移除 {name}',
  'settings.endpoints.remove.detail':
    '新请求会发往其他端点，进行中的响应会继续完成。组内最后一个端点移除后，该组也被移除。',
  'settings.key.title': '{name} 的密钥，只显示这一次',
  'settings.key.detail': '请把以下内容发给 {name}。此后无人能再读取该密钥。',
  'settings.copy': '复制',
  'settings.copied': '已复制',
  'settings.done.rotated': '{name} 的旧密钥已被拒绝。',
  'settings.done.removed': '已移除 {name}。',
  'settings.done.added': '已添加 {name}，正在探测。',
  'settings.done.token': '令牌已写入 .env，变量名为 {variable}。',
  'settings.token_needed': '在此编辑需要管理令牌',
  'settings.token_needed.detail':
    '编辑会创建密钥，并把令牌发往新的地址。请在 .env 中把 ZEPHYR_ADMIN_TOKEN 设为一段较长的随机文本，并用它登录。',
  'settings.read_only': '无法在此更改 {path}',
  'settings.read_only.detail':
    '它以只读方式挂载（例如在容器中）。请在其来源处更改：在主机上执行 make client NAME=ann 或 zephyr endpoint add，或更改 ConfigMap、Swarm config。几秒内即会生效。',
} satisfies Texts<typeof en>;
