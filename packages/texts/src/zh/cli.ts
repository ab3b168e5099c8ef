import type { cli as en } from '../en/cli.ts';
import type { Texts } from '../texts.ts';

export const cli = {
  'cli.option.url': '控制器地址（默认取自 config.toml）',
  'cli.option.json': '输出供程序使用的 JSON',
  'cli.option.language': 'en 或 zh（默认取自 config.toml）',
  'cli.option.force': '即使端点不可用也执行',
  'cli.option.follow': '持续输出新事件',
  'cli.option.watch': '持续运行并显示每次变化',
  'cli.option.probe': '先探测所有端点',
  'cli.option.last': '输出最近多少条事件',
  'cli.option.kind': '只输出此类事件；可多次指定',

  'cli.status': '显示当前由哪个端点服务、原因以及其他端点的状态',
  'cli.dashboard': '在此终端打开实时仪表盘',
  'cli.select': '固定一个端点：所有新请求都发往它（模式变为手动）',
  'cli.mode': '显示模式，或设为 auto 或 manual',
  'cli.pause': '暂停探测和自动切换；故障时仍会切换',
  'cli.resume': '恢复探测和自动切换',
  'cli.events': '输出以往的事件：切换、健康、剔除、操作',
  'cli.completion': '输出 bash、zsh 或 fish 的补全脚本',

  'status.cause': '{name} 的问题：{failure}。',
  'status.cause.token': '{name} 拒绝了您的令牌（组 {group}）。',

  'cli.examples': '示例：',
  'cli.exitCodes': '退出码：0 成功，1 失败或被拒绝，2 命令行或配置有误。',
  'cli.endpoint': '端点的名称或 id',

  'cli.done.select': '已固定 {name}；模式为手动。',
  'cli.done.mode.auto': '模式为自动。',
  'cli.done.mode.manual': '模式为手动：已固定 {name}。',
  'cli.done.pause': '探测已暂停。',
  'cli.done.resume': '探测已恢复。',
  'cli.done.probe': '正在探测 {count} 个端点。',
  'cli.unchanged': '{text}没有变化。',

  'cli.error.unreachable': '无法连接位于 {url} 的控制器',
  'cli.error.unreachable.advice':
    '它在运行吗？请用 make start（团队：make up）启动，或用 --url 指定其地址。',
  'cli.error.notController': '{url} 不是 Zephyr 控制器',
  'cli.error.notController.advice': '请检查 --url；控制器默认监听端口 8081。',
  'cli.error.unknownEndpoint': '没有名为 {name} 的端点',
  'cli.error.unknownEndpoint.advice': '已知端点：{names}',
  'cli.error.noTerminal': '仪表盘需要终端',
  'cli.error.noTerminal.advice': '输出到文件或管道时，请使用 status 或 events --follow。',
  'cli.error.token': '控制器要求提供管理令牌',
  'cli.error.token.advice': '请设置 ZEPHYR_ADMIN_TOKEN。',

  'cli.replay': '重放录制的决策，可换用其他设置，并进行比较',
  'cli.option.file': '从此文件读取录制，而不是从控制器读取',
  'cli.option.save': '把录制保存到此文件',
  'cli.option.set': '覆盖决策核心的一项设置；可多次指定',
  'replay.note':
    '探测和流量保持录制时的样子：换一个端点会怎样处理这些请求，无从得知。\n' +
    '设置名称见 packages/core/src/policy.ts 中的 Policy；指定 --config 时，使用该文件中的设置。',
  'replay.empty': '尚无录制内容',
  'replay.refused': '不是可读的录制：第 {line} 行',
  'replay.recorded': '{from} 至 {to} 录制了 {count} 次决策，基于 {inputs} 条输入。',
  'replay.exact': '按录制时的设置重放：完全一致。',
  'replay.different': '按录制时的设置重放：不一致。是否由其他版本录制？',
  'replay.other': '按 {settings} 重放：{count} 次决策，其中 {same} 次与录制一致。',
  'replay.same': '一致',
  'replay.column.time': '时间',
  'replay.column.recorded': '录制',
  'replay.column.replayed': '重放',
  'replay.column.gain': '收益',
} satisfies Texts<typeof en>;
