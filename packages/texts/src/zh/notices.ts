import { NEARLY_SPENT_SHARE } from '@zephyr/contract/usage/budget-warning';

import type { notices as en } from '../en/notices.ts';
import type { Texts } from '../texts.ts';

export const notices = {
  'notice.endpoint_healthy': '{name} 健康',
  'notice.endpoint_unhealthy': '{name} 不健康：{failure}',
  'notice.token_refused': '{name}：{failure}',
  'notice.token_accepted': '{name} 重新接受令牌',
  'notice.overload_began': '模型在所有端点上过载；恢复之前不因延迟切换',
  'notice.overload_ended': '过载已结束',
  'notice.flapping_frozen': '切换过于频繁；{time} 之前不因延迟切换',
  'notice.flapping_thawed': '可以再次因延迟切换',
  'notice.pin_cleared': '固定的端点 {name} 已不存在；模式为自动',
  'notice.pin_unavailable': '固定的端点 {name} 不可用',
  'notice.pin_available': '固定的端点 {name} 已恢复可用',
  'notice.nothing_available': '没有可用的端点',
  'notice.available_again': '又有端点可用',
  'notice.budget_nearly_spent': '组 {name}：今日探测预算即将用完',
  'notice.budget_spent': '组 {name}：今日探测预算已用完',
  'notice.person_budget_nearly_spent': `{name}：{period}预算已用 ${Math.round(NEARLY_SPENT_SHARE * 100)}%`,
  'notice.person_budget_spent': '{name}：{period}预算已用完',
  'notice.sessions_moved': '{name} 的会话转到当前端点：预期收益大于其缓存的价值',
  'notice.late_probe_dropped': '{name}：探测结果到达过晚，已丢弃',

  'period.day': '今日',
  'period.week': '本周',
  'period.month': '本月',
} satisfies Texts<typeof en>;
