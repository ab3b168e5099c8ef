import { BUCKET_ERROR } from '@zephyr/contract/history/latency-buckets';

import type { historyPage as en } from '../en/history-page.ts';
import type { Texts } from '../texts.ts';

export const historyPage = {
  'history.availability': '可用性',
  'history.range.24h': '24 小时',
  'history.range.7d': '7 天',
  'history.range.30d': '30 天',
  'history.empty': '这段时间没有记录。首批数据一分钟内出现。',
  'history.note': '小时和日期均为 UTC。端点被停用或没有控制器运行的时间不计入。',
  'history.tone.good': '不低于 {good}',
  'history.tone.warn': '不低于 {warn}',
  'history.tone.bad': '更低',
  'history.tone.none': '暂无数据',
  'history.unobserved': '暂无数据',
  'history.worst': '最低：{bar}',
  'history.source': '测量方式',
  'history.source.probes': '探测',
  'history.source.requests': '实际请求',
  'history.median': `中位数，误差不超过 ${Math.round(BUCKET_ERROR * 100)}%`,
  'history.latency.summary': '{count} 个端点的延迟中位数',
  'history.switches': '切换',
  'history.switches.counts':
    '共 {total} 次：故障 {failure} 次，延迟 {latency} 次，手动 {operator} 次',
} satisfies Texts<typeof en>;
