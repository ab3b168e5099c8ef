import type { apiProblems as en } from '../en/api-problems.ts';
import type { Texts } from '../texts.ts';

export const apiProblems = {
  'problem.invalid_body': '请求体无效。',
  'problem.invalid_query': '查询参数无效。',
  'problem.unauthorized': '需要提供令牌。',
  'problem.forbidden_origin': '不允许来自此页面或主机名的请求。',
  'problem.not_found': '该地址没有内容。',
  'problem.method_not_allowed': '该地址不支持此请求方法。',
  'problem.unknown_endpoint': '没有这个端点。',
  'problem.unknown_person': '没有这个用户或团队。',
  'problem.endpoint_disabled': '该端点已停用。',
  'problem.endpoint_unavailable': '该端点目前不可用。',
  'problem.last_endpoint': '这是最后一个启用的端点。',
  'problem.edit_refused': 'config.toml 未被更改。',
  'problem.body_too_large': '请求过大。',
  'problem.wrong_content_type': '请求必须以 JSON 发送。',
  'problem.config_invalid': 'config.toml 有错误；继续使用之前的配置。',
  'problem.internal': '控制器内部错误；详见其日志。',
  'problem.not_leading': '主控制器的状态未知。',
  'problem.store_away': '无法连接 Redis；恢复之前无法更改，也无法查看用量和历史。',
  'problem.too_many_streams': '打开的事件流过多。',
  'problem.timeout': '未及时收到确认；更改仍可能生效。',
} satisfies Texts<typeof en>;
