import type { cli as en } from '../en/cli.ts';
import type { Texts } from '../texts.ts';

export const cli = {
  'cli.option.url': '控制器地址（默认取自 config.toml）',
  'cli.option.token': '管理令牌；最好用 ZEPHYR_ADMIN_TOKEN，不会出现在进程列表中',
  'cli.option.json': '输出供程序使用的 JSON',
  'cli.option.language': 'en 或 zh（默认取自 config.toml）',
  'cli.option.force': '端点不可用时也执行',
  'cli.option.follow': '持续输出新发生的事件',
  'cli.option.watch': '持续显示每次变化',
  'cli.option.last': '输出多少条以往事件',
  'cli.option.kind': '只输出此类事件；可多次给出',

  'cli.status': '显示当前由哪个端点服务、原因以及其他端点的状态',
  'cli.dashboard': '在此终端显示实时仪表盘',
  'cli.select': '固定一个端点：所有新请求都发往它（模式变为手动）',
  'cli.mode': '显示模式，或设为 auto 或 manual',
  'cli.pause': '暂停检查和自动切换；故障时仍会切换',
  'cli.resume': '恢复检查和自动切换',
  'cli.refresh': '立即检查所有端点或其中一个',
  'cli.events': '输出发生过的事：切换、健康、剔除、操作',
  'cli.completion': '输出 bash、zsh 或 fish 的补全脚本',

  'cli.examples': '示例：',
  'cli.exitCodes': '退出码：0 完成，1 失败或被拒绝，2 命令行或配置有误。',
  'cli.endpoint': '端点的名称或 id',

  'cli.done.select': '已固定 {name}；模式为手动。',
  'cli.done.mode.auto': '模式为自动。',
  'cli.done.mode.manual': '模式为手动：已固定 {name}。',
  'cli.done.pause': '检查已暂停。',
  'cli.done.resume': '检查已恢复。',
  'cli.done.refresh': '正在检查 {count} 个端点。',
  'cli.unchanged': '{text}本来就是如此。',

  'cli.error.unreachable': '无法连接 {url} 的控制器',
  'cli.error.unreachable.advice': '它在运行吗？请用 zephyr start 启动，或用 --url 指定地址。',
  'cli.error.notController': '{url} 的应答并非来自控制器',
  'cli.error.notController.advice': '请检查 --url；控制器的默认端口为 8081。',
  'cli.error.unknownEndpoint': '没有端点 {name}',
  'cli.error.unknownEndpoint.advice': '已知端点：{names}',
  'cli.error.noTerminal': '仪表盘需要终端',
  'cli.error.noTerminal.advice': '输出到文件时请用 zephyr status 或 zephyr events --follow。',
  'cli.error.token': '控制器要求其管理令牌',
  'cli.error.token.advice': '请设置 ZEPHYR_ADMIN_TOKEN。',
} satisfies Texts<typeof en>;
