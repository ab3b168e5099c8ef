/** Errors of the command line, by their English templates: see `phrase` in `@zephyr/runtime`. */
export const errors: Readonly<Record<string, string>> = {
  '--port {1} is not a port': '--port {1} 不是端口',
  'neither redis-server nor valkey-server is installed': '没有安装 redis-server 或 valkey-server',
  'in a checkout, make setup installs one, or explains how to without root':
    '在仓库中，make setup 会安装它；没有 root 权限时会说明安装方法',
  'elsewhere: sudo apt-get install redis-server, or brew install valkey':
    '其他情况：sudo apt-get install redis-server，或 brew install valkey',
  'or set ZEPHYR_REDIS_URL to a running Redis': '或将 ZEPHYR_REDIS_URL 设为已在运行的 Redis',
  'redis-server did not start: {1}': 'redis-server 未能启动：{1}',
  'not ready after {1} s': '{1} 秒后仍未就绪',
  'it exited with code {1}': '它已退出，退出码为 {1}',
  '{1} does not exist': '{1} 不存在',
  'make one:             cp {1} {2} && cp {3} .env && chmod 600 .env':
    '创建：                cp {1} {2} && cp {3} .env && chmod 600 .env',
  'with Instcopilot:     use config.toml.example.instcopilot and .env.example.instcopilot':
    '使用 Instcopilot：    用 config.toml.example.instcopilot 和 .env.example.instcopilot',
  'then add your endpoints to the first file and the tokens to the second':
    '然后在第一个文件中添加端点，在第二个文件中添加令牌',
  'or try Zephyr first:  make demo, or zephyr demo (needs no token)':
    '或先试用 Zephyr：     make demo，或 zephyr demo（不需要令牌）',
  'it is not UTF-8': '它不是 UTF-8',
  'cannot read {1}: {2}': '无法读取 {1}：{2}',
  'cannot create {1}: {2}': '无法创建 {1}：{2}',
  'it stores what a restart needs: set XDG_STATE_HOME to a folder that you own':
    '其中保存重启所需的内容：请将 XDG_STATE_HOME 设为您自己的文件夹',
  'this is a folder: name the file in it': '这是文件夹：请指定其中的文件',
  'only the user who runs Zephyr should read it: sudo chown "$(id -un)" {1} && chmod 600 {2}':
    '只应由运行 Zephyr 的用户读取：sudo chown "$(id -un)" {1} && chmod 600 {2}',
  'give its user read access: chmod a+r for the file, a+rx for its folder (in containers each service has its own user)':
    '请允许其用户读取：文件用 chmod a+r，所在文件夹用 a+rx（容器中每个服务都有自己的用户）',
  '{1} is not a valid client name': '{1} 不是有效的客户端名称',
  '{1}, e.g. ann or build-server.2': '{1}，例如 ann 或 build-server.2',
  '{1} already has a client named {2}': '{1} 中已有名为 {2} 的客户端',
  'to replace the key: zephyr clients rotate {1}': '更换密钥：zephyr clients rotate {1}',
  'the key of {1} is not in {2}, but in {3}': '{1} 的密钥不在 {2} 中，而在 {3} 中',
  'change it there': '请在该处更改',
  '{1} is the only client, and without keys the proxy would serve everyone: {2} has open = true':
    '{1} 是唯一的客户端，没有密钥时代理实例会为所有人服务：{2} 中有 open = true',
  'remove open = true under [server] first': '请先移除 [server] 下的 open = true',
  '{1} already has a team named {2}': '{1} 中已有名为 {2} 的团队',
  'choose another name: budgets are shown and granted by name':
    '请换一个名称：预算按名称显示和追加',
  '{1} is the only member of the team {2}': '{1} 是团队 {2} 的唯一成员',
  'add another member first, or remove that block of [[teams]]':
    '请先添加另一名成员，或删除 [[teams]] 中的该段',
  '{1} has no client named {2}': '{1} 中没有名为 {2} 的客户端',
  'there are none; to create a key: zephyr clients add <name>':
    '还没有客户端；创建密钥：zephyr clients add <名称>',
  'known clients: {1}': '已有的客户端：{1}',
  '{1} is written in a way that cannot be changed safely': '{1} 的写法无法安全地自动更改',
  'write each client as its own block first: [[clients]]':
    '请先把每个客户端写成单独的一段：[[clients]]',
  '{1} has no endpoint named {2}': '{1} 中没有名为 {2} 的端点',
  'known endpoints: {1}': '已有的端点：{1}',
  '{1} is the only endpoint': '{1} 是唯一的端点',
  'add another one first: zephyr endpoint add': '请先添加另一个：zephyr endpoint add',
  '{1} or {2} was changed meanwhile': '{1} 或 {2} 在此期间被更改',
  'nothing is lost; try again': '内容没有丢失；请重试',
  'this file is written in a way that cannot be changed safely': '此文件的写法无法安全地自动更改',
  'change it yourself:': '请自行更改：',
  'the value for {1} is empty or has a quote or line break': '{1} 的值为空，或含有引号或换行',
  'copy the token again, without the characters around it': '请重新复制令牌，不要带上前后的字符',
  '{1} cannot be changed from here: {2}': '无法在此更改 {1}：{2}',
  'make the change at the source of the file:': '请在该文件的来源处更改：',
  'ZEPHYR_PROBE_USERS is {1}': 'ZEPHYR_PROBE_USERS 的值为 {1}',
  'write it as <first>-<last> with at least {1} user ids from {2} on':
    '请写成 <起始>-<结束>，至少 {1} 个用户 ID，从 {2} 开始',
  'the prober is not permitted to run probes as separate users': '探测器无权以单独的用户运行探测',
  'give the container the capabilities SETUID and SETGID: see docs/security.md':
    '请为容器授予 SETUID 和 SETGID 权能：参见 docs/security.md',
  '--url {1} is not a URL': '--url {1} 不是 URL',
  '--url has a user or a password in it': '--url 含有用户名或密码',
  'for example: --url {1}': '例如：--url {1}',
  '--env-file {1}: this file does not exist': '--env-file {1}：此文件不存在',
  'check the path; without --env-file, .env is read if it exists':
    '请检查路径；不带 --env-file 时读取 .env（如果存在）',
  'a port is a number from 0 to 65535': '端口是 0 到 65535 之间的数字',
  'there is no service manager for {1}': '{1} 没有可用的服务管理器',
  'Linux with systemd and macOS have one; for servers: docker compose (make up)':
    '带 systemd 的 Linux 和 macOS 有；服务器请用 docker compose（make up）',
  '{1} failed: {2}': '{1} 失败：{2}',
  'over ssh or su, log in directly as that user; in a container, use docker compose':
    '使用 ssh 或 su 时，请直接以该用户登录；在容器中请用 docker compose',
  '{1} is a number, now {2}': '{1} 是数字，当前为 {2}',
  'settings are: {1}': '可用的设置：{1}',
  '--set {1}: no such setting or value': '--set {1}：没有这样的设置或值',
  'for example: --set switching.switchThresholdMs=100':
    '例如：--set switching.switchThresholdMs=100',
  '{1} is not a URL': '{1} 不是 URL',
  'for example: redis://127.0.0.1:6379': '例如：redis://127.0.0.1:6379',
  'another Zephyr uses the Redis at {1}': '{1} 处的 Redis 正被另一个 Zephyr 使用',
  'stop it, or name another database, such as redis://host:6379/9':
    '请结束它，或指定另一个数据库，例如 redis://host:6379/9',
  'no answer from {1}: {2}': '{1} 没有响应：{2}',
  'is it running, and are address and password in {1} right?':
    '请确认它已启动，且 {1} 中的地址和密码正确',
  'another program is using it': '被其他程序占用',
  'this user may not open it; ports below 1024 need root':
    '当前用户无权打开；1024 以下的端口需要 root',
  'this machine has no address {1}': '本机没有地址 {1}',
  'port {1} for {2} is not free: {3}': '{2} 的端口 {1} 不可用：{3}',
  'the new process did not start: {1}': '新进程未能启动：{1}',
  'see the lines above for the reason; the running process continues':
    '原因见上方输出；运行中的进程继续服务',
  'the serving process has exited': '提供服务的进程已退出',
  'the {1} did not start: {2}': '{1} 未能启动：{2}',
  'see the lines above for the reason': '原因见上方输出',
  '{1} is not a settings file of Claude Code; it was not changed':
    '{1} 不是 Claude Code 的设置文件；没有更改',
  'fix its JSON, or set the variables in your shell: zephyr connect':
    '请修正其 JSON，或在 shell 中设置变量：zephyr connect',
  'no Zephyr answers at {1}': '{1} 处没有 Zephyr 响应',
  'is it running? start it with: zephyr start (for a team: make up)':
    '请确认它已启动：zephyr start（团队：make up）',
  'on another machine or port: zephyr connect --url http://zephyr.lan:8080':
    '在其他机器或端口上：zephyr connect --url http://zephyr.lan:8080',
  '{1} needs your key': '{1} 需要您的密钥',
  '{1} refuses this key': '{1} 拒绝此密钥',
  'set it for this command only: {1}=zk-… {2}': '仅为此命令设置：{1}=zk-… {2}',
  'an operator creates one with: zephyr clients add <name> (for a team: make client NAME=<name>)':
    '由管理员创建：zephyr clients add <名称>（团队：make client NAME=<名称>）',
  'cannot {1} {2}: {3}': '无法执行 {1} {2}：{3}',
  'no demo is running': '没有正在运行的演示',
  'no demo is running on {1}': '{1} 上没有正在运行的演示',
  'start it in another terminal: make demo, or zephyr demo':
    '请在另一个终端中启动：make demo 或 zephyr demo',
  'several demos are running, on the ports {1}': '有多个演示正在运行，端口为 {1}',
  'name one of them: --port {1}': '请指定其中一个：--port {1}',
  '--port {1} leaves no ports for the controller and the prober':
    '--port {1} 没有给控制器和探测器留出端口',
  'the demo uses three ports in a row: --port {1} at most':
    '演示使用三个连续的端口：--port 最大为 {1}',
  'the {1}': '{1}',
  'stop that program, or choose other ports: make demo PORT={1}, or zephyr demo --port {2}':
    '请结束该程序，或选择其他端口：make demo PORT={1}，或 zephyr demo --port {2}',
  'the {1} of the endpoint is missing': '缺少端点的 {1}',
  'its token_command': '其 token_command',
  'group {1} has a token already, from {2}': '组 {1} 已有令牌，来自 {2}',
  'leave out --token-stdin, or name a new group: --group <name>':
    '请去掉 --token-stdin，或指定新的组：--group <名称>',
  '{1}, the token of group {2}, is not set': '{1}（组 {2} 的令牌）没有设置',
  'put it into {1}, or give it on standard input: --token-stdin':
    '请写入 {1}，或从标准输入给出：--token-stdin',
  'there is no endpoint named {1}': '没有名为 {1} 的端点',
  'this file does not exist': '此文件不存在',
  '--file {1}: {2}': '--file {1}：{2}',
  'to save a recording of the running system: zephyr replay --save {1}':
    '保存运行中系统的录制：zephyr replay --save {1}',
  'no zephyr start with {1} runs at {2}': '{2} 处没有以 {1} 运行的 zephyr start',
  'start it with: zephyr start': '启动：zephyr start',
  'to replace containers: make up': '更换容器：make up',
  'the running Zephyr did not start a new process': '运行中的 Zephyr 没有启动新进程',
  'its log says why; zephyr status shows whether it serves':
    '原因见其日志；zephyr status 显示它是否在服务',
  '--redis {1} is not a host and a port': '--redis {1} 不是主机和端口',
  'for example: --redis redis.lan:6379': '例如：--redis redis.lan:6379',
  'the proxy (server.port)': '代理实例（server.port）',
  'stop that program, or choose another port: make start PORT={1}, or zephyr start --port {2}':
    '请结束该程序，或选择其他端口：make start PORT={1}，或 zephyr start --port {2}',
  'the controller (controller.port)': '控制器（controller.port）',
  'stop that program, or change controller.port in {1}':
    '请结束该程序，或更改 {1} 中的 controller.port',
  'the prober (prober.port)': '探测器（prober.port）',
  'stop that program, or change prober.port in {1}': '请结束该程序，或更改 {1} 中的 prober.port',
  'the metrics of the proxy (ZEPHYR_METRICS_LISTEN)': '代理实例的指标（ZEPHYR_METRICS_LISTEN）',
  'stop that program, or change ZEPHYR_METRICS_LISTEN':
    '请结束该程序，或更改 ZEPHYR_METRICS_LISTEN',
  'redis refuses this controller: {1}': 'Redis 拒绝此控制器：{1}',
  'check the password that redis.password_env names, and the user in redis.url':
    '请检查 redis.password_env 指定的密码和 redis.url 中的用户',
  'an ACL user needs the rights of docs/operations.md':
    'ACL 用户需要 docs/operations.md 中列出的权限',
  'redis has maxmemory-policy {1}': 'Redis 的 maxmemory-policy 为 {1}',
  'with it Redis silently drops records and jobs when its memory is full':
    '采用此策略时，Redis 在内存写满后会悄悄丢弃记录和任务',
  'set it to noeviction: redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf':
    '请设为 noeviction：redis-cli CONFIG SET maxmemory-policy noeviction，并写入 redis.conf',
  'cannot listen on {1}:{2}: {3}': '无法在 {1}:{2} 上监听：{3}',
  'end the program that uses the port, or set controller.port in config.toml':
    '请结束占用该端口的程序，或在 config.toml 中设置 controller.port',
  'group {1} has a token already': '组 {1} 已有令牌',
  'leave the token empty, or name a new group': '请将令牌留空，或指定新的组',
  'enter the token, or set {1} where the environment comes from':
    '请填写令牌，或在环境变量的来源处设置 {1}',
  'the proxy would serve everybody who reaches {1}': '代理实例将为任何能访问 {1} 的人服务',
  'there is no command {1}': '没有命令 {1}',
  'there is no option {1}': '没有选项 {1}',
  '<{1}> is missing': '缺少 <{1}>',
  'the value is missing: {1}': '缺少值：{1}',
  'unexpected: {1}': '多余的参数：{1}',
  '{1} and {2} exclude each other': '{1} 与 {2} 不能同时使用',
  '{1} cannot be {2}': '{1} 不能是 {2}',
  '{1} cannot be used here: expected {2}': '{1} 不能用于此处：应为{2}',
  'a number from 0 to 9999': '0 到 9999 之间的数字',
  'a whole number above 0': '大于 0 的整数',
  'an amount from 0.000001 to {1}': '0.000001 到 {1} 之间的金额',
  'zephyr --help lists the commands, zephyr help <command> its options':
    'zephyr --help 列出命令，zephyr help <命令> 列出其选项',
  '{1} is another Zephyr, whose endpoints differ from {2}':
    '{1} 是另一个 Zephyr，其端点与 {2} 不同',
  'if it is the one that you mean: --url {1}': '如果要用的就是它：--url {1}',
  'otherwise stop it (a demo?), or set another port under [server]':
    '否则（可能是演示）请结束它，或在 [server] 下设置其他端口',
  'cannot change {1}: {2}': '无法修改 {1}：{2}',
  'set the variables in your shell instead: zephyr connect':
    '请改为在 shell 中设置变量：zephyr connect',
};
