import type { notify as english } from '../en/notify.ts';
import type { Texts } from '../texts.ts';

export const notify: Texts<typeof english> = {
  'notify.advice': '{sentence}。{advice}',
  'notify.late': '{text}（发生于 {time}）',
  'notify.more': '{text}［期间还有 {count} 次变化］',
  'notify.leftOut': '{text}［此前有 {count} 条消息未发送：一小时内超过 {limit} 条］',
  'notify.test': '这是一条测试消息。通知会发送到这里。',
  'notify.accepted': '已接收',
  'notify.why.http': '失败：HTTP {detail}',
  'notify.why.refused': '失败：接收方拒绝该消息（代码 {detail}）',
  'notify.why.timeout': '失败：未及时响应',
  'notify.why.connection': '失败：无法连接（{detail}）',

  'cli.notify': '发送到群聊、邮箱和 webhook 的通知，由 config.toml 中的 [[notify]] 设置',
  'cli.notify.test': '向每个接收方发送一条测试消息，并显示其响应',
  'cli.error.noNotify': '{path} 中没有 [[notify]]',
  'cli.error.noNotify.advice': '请参照 config.toml.example，为每个接收方添加一个。',
};
