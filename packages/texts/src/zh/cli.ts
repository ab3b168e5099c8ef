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
  'cli.option.probe': '先检查所有端点',
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

  'status.cause': '{name} 的问题：{failure}。',
  'status.cause.token': '{name} 拒绝了您的令牌（组 {group}）。',

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
  'cli.error.unreachable.advice':
    '它在运行吗？请用 make start（团队：make up）启动，或用 --url 指定地址。',
  'cli.error.notController': '{url} 的应答并非来自控制器',
  'cli.error.notController.advice': '请检查 --url；控制器的默认端口为 8081。',
  'cli.error.unknownEndpoint': '没有端点 {name}',
  'cli.error.unknownEndpoint.advice': '已知端点：{names}',
  'cli.error.noTerminal': '仪表盘需要终端',
  'cli.error.noTerminal.advice': '输出到文件时请用 status 或 events --follow 命令。',
  'cli.error.token': '控制器要求其管理令牌',
  'cli.error.token.advice': '请设置 ZEPHYR_ADMIN_TOKEN。',

  'cli.replay': '把录下的输入重新决策一遍，也可用其他设置，并作比较',
  'cli.option.file': '读取此录制文件，而不询问控制器',
  'cli.option.save': '把录制保存到此文件',
  'cli.option.set': '决策核心的另一项设置；可多次给出',
  'replay.note':
    '探测和流量仍是录下的样子：换一个端点会怎样影响请求，无从得知。\n' +
    '设置名称见 packages/core/src/policy.ts 中的 Policy；给出 --config 时，取该文件的设置。',
  'replay.empty': '尚未录下任何内容',
  'replay.refused': '这不是可读的录制：第 {line} 行',
  'replay.recorded': '{from} 至 {to} 录下 {count} 次决策，共 {inputs} 条输入。',
  'replay.exact': '按当时的设置重放：完全相同。',
  'replay.different': '按当时的设置重放：不相同。是否由其他版本录制？',
  'replay.other': '按 {settings} 重放：{count} 次决策，其中 {same} 次与录制相同。',
  'replay.same': '相同',
  'replay.column.time': '时间',
  'replay.column.recorded': '录制',
  'replay.column.replayed': '重放',
  'replay.column.gain': '收益',
} satisfies Texts<typeof en>;
