/** Configuration problems, by their English templates: see `phrase` in `@zephyr/runtime`. */
export const configProblems: Readonly<Record<string, string>> = {
  '{1}; {2}; {3}': '{1}；{2}；{3}',
  'a value that docker compose would read differently': 'docker compose 会作不同解读的值',
  'a value in single quotes, or one without $, #, ` and quotes at its beginning':
    '单引号中的值，或不含 $、#、` 且不以引号开头的值',
  'put it into its own file, and name that file in the environment: {1}_FILE':
    '请将其单独写入一个文件，并在环境变量 {1}_FILE 中指定该文件',
  "write {1}='…'": "请写成 {1}='…'",
  "close the quote: {1}='…'": "请补上引号：{1}='…'",
  'a line that sets no variable (not shown: it may be a secret)':
    '未设置变量的一行（内容不显示：可能是敏感信息）',
  "NAME='value', or a comment after #": "NAME='value'，或 # 之后的注释",
  "write {1}='…', if it is meant here": "如果此行用于设置该变量，请写成 {1}='…'",
  'write straight quotes in this line: "…"': '请在本行使用直引号："…"',
  'a file that cannot be read: {1}': '无法读取的文件：{1}',
  'mount the secret at this path, or remove {1} from the environment':
    '请在此路径挂载存放敏感信息的文件，或从环境变量中移除 {1}',
  'the path of a file with the value': '保存该值的文件的路径',
  'which exited with code {1}': '以代码 {1} 结束',
  'which is not a program in PATH': 'PATH 中没有此程序',
  'which printed more than the longest token': '输出过长，不可能是令牌',
  'which did not finish within {1} s': '{1} 秒内没有结束',
  'which was killed by {1}': '被 {1} 终止',
  'which cannot be run ({1})': '无法运行（{1}）',
  '{1}, which printed nothing': '{1}，没有输出',
  '{1}, which printed several lines': '{1}，输出了多行',
  '{1}, which printed spaces or non-ASCII characters': '{1}，输出含有空白或非 ASCII 字符',
  '{1}, which is running now; the configuration is applied once it prints a token':
    '{1}，正在运行；待它给出令牌后，配置即生效',

  'an admin token of at least {1} random characters': '由至少 {1} 个随机字符组成的管理令牌',
  'write {1}=… into .env with what this prints: openssl rand -hex 24':
    '请将此命令的输出以 {1}=… 写入 .env：openssl rand -hex 24',
  'which has {1} characters': '只有 {1} 个字符',
  'which repeats a few characters': '只由少数几个字符重复组成',
  'which repeats itself': '内容重复',
  'which is made of words': '由单词组成',
  'a second client with the name {1}': '第二个名为 {1} 的客户端',
  'a name that no other client has': '其他客户端没有的名称',
  'rename one of the two: a person is shown and removed by name':
    '请重命名其中一个：用户按名称显示和移除',
  'the same key as {1}': '与 {1} 相同的密钥',
  'a separate key for each person': '每人使用自己的密钥',
  'create another one with `zephyr clients add <name>`, so that removing one person locks out nobody else':
    '请用 `zephyr clients add <名称>` 另建一个，这样删除一人时不会影响他人',
  'no key': '没有密钥',
  '{1} together': '同时设置了 {1}',
  'exactly one of key_env, key_file and key_sha256':
    'key_env、key_file 和 key_sha256 三者之一，且只能有一个',
  'create a key with `zephyr clients add <name>`': '请用 `zephyr clients add <名称>` 创建密钥',
  'a key of at least {1} characters without spaces': '至少 {1} 个字符、不含空格的密钥',
  'make one with `openssl rand -base64 24` or `zephyr clients add <name>`':
    '请用 `openssl rand -base64 24` 或 `zephyr clients add <名称>` 创建',
  'where no key is found': '此处没有密钥',
  'whose key is too short': '密钥过短',
  'whose key has spaces or is too long': '密钥含有空格或过长',

  'a URL with a space or a line break in it': '含有空白或换行的 URL',
  'a URL such as https://api.example.com': 'URL，例如 https://api.example.com',
  'write it without spaces, on one line': '请写成一行，不要有空白',
  'something that is not a URL': '不是 URL',
  'put https:// in front': '请在前面加上 https://',
  'write the whole URL': '请写完整的 URL',
  'a URL that starts with {1}': '以 {1} 开头的 URL',
  'an https URL': 'https URL',
  'write https:// and the host name': '请写 https:// 和主机名',
  'http to {1}, which is not this machine': '通过 http 访问非本机的 {1}',
  'an https URL: over http anyone on the network path can read your token':
    'https URL：使用 http 时，途中任何人都能读取您的令牌',
  'write https://, or add allow_http = true to this endpoint in a network you trust':
    '请写 https://，或在可信网络中为此端点添加 allow_http = true',
  'a user name or password in the URL': 'URL 中含有用户名或密码',
  'a URL without them': '不含用户名和密码的 URL',
  'remove the part before @; the token goes into .env': '请删除 @ 之前的部分；令牌写入 .env',
  'a query (?…) or fragment (#…) in the URL': 'URL 中含有查询（?…）或片段（#…）',
  'a base URL, to which /v1/messages is added': '基础 URL，/v1/messages 会自动追加',
  'remove what comes after ? or #': '请删除 ? 或 # 及其后的内容',
  'port 0 in the URL': 'URL 中的端口为 0',
  'the port where the endpoint listens': '端点的监听端口',
  'write its port, or none for the default': '请写明端口；默认端口可省略',
  'a URL that ends in {1}': '以 {1} 结尾的 URL',
  'remove {1} at the end': '请删除末尾的 {1}',
  'a second group with the name {1}': '第二个名为 {1} 的组',
  'a name that no other group has': '其他组没有的名称',
  'rename one of the two groups, or move the endpoints into one group':
    '请重命名其中一个组，或将端点移到同一个组',
  'a second endpoint with the name {1}': '第二个名为 {1} 的端点',
  '{1}, whose short form {2} is the same as that of {3}': '{1}，其简写 {2} 与 {3} 相同',
  'a name that no other endpoint of any group has, even in lower case':
    '任何组的其他端点都没有的名称（不区分大小写）',
  'rename one of the two endpoints': '请重命名其中一个端点',
  'a URL that another endpoint with the same token has': '与使用相同令牌的另一端点相同的 URL',
  'each URL once per token': '每个令牌下每个 URL 只出现一次',
  'remove one of the two endpoints': '请删除其中一个端点',
  'a second default group (the first is {1})': '第二个默认组（第一个是 {1}）',
  'at most one group with default = true': '至多一个组设置 default = true',
  'remove default = true from all groups but one': '请只在一个组保留 default = true',

  'a value of {1}, which looks like a secret': '{1} 的值看起来像敏感信息',
  'no secrets in this file': '此文件中不含敏感信息',
  'put it into .env as NAME=…, and write headers_env = { {1} = "NAME" }':
    '请以 NAME=… 写入 .env，并写 headers_env = { {1} = "NAME" }',
  'a second value of {1}': '{1} 的第二个值',
  'each header once in headers and headers_env, in upper or lower case':
    '每个请求头在 headers 和 headers_env 中只出现一次（不区分大小写）',
  'remove one of the two': '请删除其中一个',
  'the name of a variable that is not set or empty': '未设置或为空的变量名',
  'the name of a variable with other than ASCII text': '变量的名称，但其值含有非 ASCII 字符',
  'a variable of .env or of the environment that holds the value': '.env 或环境中保存该值的变量',
  'write NAME=… into .env, and only NAME here': '请将 NAME=… 写入 .env，此处只写 NAME',
  '{1}, which Zephyr sets itself': '{1}，由 Zephyr 自行设置',
  'not a valid header name': '不是有效的请求头名称',
  'a header that is not about credentials, cookies, the host or framing':
    '与凭据、Cookie、主机和报文边界无关的请求头',
  'remove it; the token is sent as auth says': '请删除；令牌按 auth 的设置发送',
  '{1}, which is never passed on': '{1}，从不转发',
  'headers that are not about credentials, cookies, redirects or framing':
    '与凭据、Cookie、重定向和报文边界无关的 HTTP 头',
  'remove it from the list': '请从列表中删除',
  'an address or a name of this machine, such as "127.0.0.1", "::1" or "0.0.0.0"':
    '本机的地址或名称，例如 "127.0.0.1"、"::1" 或 "0.0.0.0"',
  'write it without brackets: host = "{1}"': '请不要写括号：host = "{1}"',
  'write the host alone, without http://': '请只写主机，不要写 http://',
  'write the port separately: port = … under [{1}]': '请单独写端口：在 [{1}] 下写 port = …',
  'write the host alone': '请只写主机',
  '{1}, where this machine cannot listen ({2})': '{1}，本机无法在此监听（{2}）',
  'correct it; "0.0.0.0" means all its addresses, which requires keys':
    '请更正；"0.0.0.0" 表示本机所有地址，此时用户需要密钥',

  'timeout_seconds = {1} with interval_seconds = {2}':
    'timeout_seconds = {1}，而 interval_seconds = {2}',
  'a timeout shorter than the interval': '超时时间短于间隔',
  'lower timeout_seconds or raise interval_seconds':
    '请减小 timeout_seconds 或增大 interval_seconds',
  'min {1}, interval {2}, max {3} (seconds)': '最小 {1}，间隔 {2}，最大 {3}（秒）',
  'min_interval_seconds ≤ interval_seconds ≤ max_interval_seconds':
    '满足 min_interval_seconds ≤ interval_seconds ≤ max_interval_seconds',
  'put the three in this order': '请使三者符合此顺序',
  'timeout_seconds = {1} with min_interval_seconds = {2}':
    'timeout_seconds = {1}，而 min_interval_seconds = {2}',
  'a timeout shorter than the shortest interval, because dynamic_scaling is on':
    '超时时间短于最短间隔，因为 dynamic_scaling 已开启',
  'lower timeout_seconds or raise min_interval_seconds':
    '请减小 timeout_seconds 或增大 min_interval_seconds',
  '{1}, which no request contains': '{1}，不会出现在任何请求中',
  'the name of a model: 1 to {1} characters of ASCII': '模型名称：1 至 {1} 个 ASCII 字符',
  'write the name that clients use, followed by the one to send':
    '请先写客户端使用的名称，再写要发送的名称',
  'models without {1}, which probes use': 'models 中缺少探测所用的 {1}',
  'the model of the probes among those that the endpoint serves':
    '端点提供的模型中包含探测所用的模型',
  'set model under [groups.health_check] to a model that it serves, or add {1}':
    '请在 [groups.health_check] 下将 model 设为它提供的模型，或添加 {1}',

  '{1} for kind = {2}': 'kind = {2} 时为 {1}',
  'no {1}': '没有 {1}',
  'write NAME=… into .env, and {1} = "NAME" here': '请将 NAME=… 写入 .env，此处写 {1} = "NAME"',
  '{1}, which this kind does not have': '{1}，此类型没有该键',
  'remove {1}': '请删除 {1}',
  'add chat_id = "…", the id of the chat in quotes': '请添加 chat_id = "…"，即带引号的聊天 ID',
  'add smtp_host = "smtp.example.com", the server that takes your mail':
    '请添加 smtp_host = "smtp.example.com"，即用于发送邮件的服务器',
  'add from = "zephyr@example.com", a sender that the server accepts':
    '请添加 from = "zephyr@example.com"，即服务器允许的发件人',
  'add to = ["ann@example.com"]': '请添加 to = ["ann@example.com"]',
  'smtp_user with password_env, or neither': '同时设置 smtp_user 和 password_env，或都不设置',
  'a password without encryption to {1}, which is not this machine':
    '密码将以明文发送到非本机的 {1}',
  '"starttls" or "implicit": otherwise anyone on the network path can read the password':
    '"starttls" 或 "implicit"：否则途中任何人都能读取密码',
  'remove smtp_tls, or with a server that needs no login smtp_user and password_env':
    '请删除 smtp_tls；若服务器无需登录，请删除 smtp_user 和 password_env',
  'is not set or empty': '未设置或为空',
  'a value': '一个值',
  'the variable {1}, which {2}': '变量 {1}：{2}',
  '{1} in .env or in the environment': '.env 或环境中的{1}',
  "write {1}='…' into .env, copied from where {2} was made":
    "请从创建{2}的地方复制，以 {1}='…' 写入 .env",
  'an address that begins with https:// or http://': '以 https:// 或 http:// 开头的地址',
  'the secret to sign with': '签名密钥',
  "a bot's token such as 123456:ABC…": '机器人令牌，例如 123456:ABC…',
  'the password of smtp_user': 'smtp_user 的密码',
  'the bot': '机器人',
  'the mailbox': '邮箱',
  'the webhook': ' webhook ',
  'holds no usable address (not shown)': '不是可用的地址（不显示）',
  "holds no bot's token (not shown)": '不是机器人令牌（不显示）',

  '"http://…", "https://…" or "socks5://…" with a host and a port, or "none"':
    '带主机和端口的 "http://…"、"https://…" 或 "socks5://…"，或 "none"',
  'the URL of a proxy with a user or a password (not shown)':
    '含有用户名或密码的代理 URL（不显示）',
  '{1}, which is not a proxy that Zephyr can use': '{1}，不是 Zephyr 可用的代理',
  'put the whole URL into .env as NAME=\'http://user:password@…\', and write proxy_env = "NAME" instead':
    '请将完整的 URL 以 NAME=\'http://user:password@…\' 写入 .env，改写为 proxy_env = "NAME"',
  'write for example proxy = "http://proxy.example.lan:3128"':
    '例如写成 proxy = "http://proxy.example.lan:3128"',
  'the name of a variable that holds no URL of a proxy': '变量的名称，但其值不是代理 URL',
  'a variable of .env or of the environment with http://user:password@host:port':
    '.env 或环境中值为 http://user:password@host:port 的变量',
  "write NAME='http://user:password@host:port' into .env, and only NAME here":
    "请将 NAME='http://user:password@host:port' 写入 .env，此处只写 NAME",
  'proxy and proxy_env in one table': '同一个表中同时有 proxy 和 proxy_env',
  'only one of them': '只有其中一个',
  'remove proxy_env, or remove proxy if the URL has a password':
    '请删除 proxy_env；URL 含有密码时请删除 proxy',
  'an endpoint to be reached through {1}, which holds no URL of a proxy':
    '端点需经由 {1} 访问，而它的值不是代理 URL',
  'http://, https:// or socks5:// with a host and a port in {1}':
    '{1} 的值为带主机和端口的 http://、https:// 或 socks5:// 地址',
  'correct {1}, or write proxy = "none" for this group to connect directly':
    '请更正 {1}，或为此组写 proxy = "none" 以直接连接',

  'a password in the URL': 'URL 中含有密码',
  'a URL without password: this file holds no secrets': '不含密码的 URL：此文件不存放敏感信息',
  'put it into .env as REDIS_PASSWORD=… and write password_env = "REDIS_PASSWORD" here, or put the whole URL into .env as {1}=…':
    '请以 REDIS_PASSWORD=… 写入 .env，此处写 password_env = "REDIS_PASSWORD"；或将完整的 URL 以 {1}=… 写入 .env',
  'a value of {1} that is not a Redis URL': '{1} 的值不是 Redis URL',
  'redis://host:6379, rediss://host:6380 (TLS), unix:///path/to/redis.sock, redis+sentinel://name-of-the-primary?node=host:26379&node=host2:26379 or redis+cluster://host:6379?node=host2:6379':
    'redis://host:6379、rediss://host:6380（TLS）、unix:///path/to/redis.sock、redis+sentinel://name-of-the-primary?node=host:26379&node=host2:26379 或 redis+cluster://host:6379?node=host2:6379',
  'correct {1}': '请更正 {1}',
  'a variable of .env or of the environment that holds the password': '.env 或环境中保存密码的变量',
  'set it in .env, or remove password_env if Redis has no password':
    '请在 .env 中设置；Redis 没有密码时请删除 password_env',

  'port {1}, which {2} too': '端口 {1}，{2}',
  'the {1} listens on': '{1} 也在监听此端口',
  '{1} names': '{1} 也指定了它',
  'port under [{1}]': '[{1}] 下的 port',
  'change {1} or {2}': '请更改 {1} 或 {2}',
  'the environment': '环境变量',
  'an address and a port: <host>:<port>': '地址和端口：<主机>:<端口>',
  'write for example {1}=127.0.0.1:9464, or remove it from the environment':
    '例如写成 {1}=127.0.0.1:9464，或从环境变量中移除',
  'the first and last of a range of user ids': '用户 ID 范围的起始值和结束值',
  'write for example {1}=10100-10115, or remove it from the environment':
    '例如写成 {1}=10100-10115，或从环境变量中移除',
  'a separate port for each service': '每个服务使用自己的端口',
  '{1}, which other machines can reach, and no [[clients]]: everyone would be served':
    '{1} 可从其他机器访问，却没有 [[clients]]：任何人都能使用',
  'a key for each person as soon as other machines can reach the proxy':
    '只要其他机器能访问代理实例，每人就需要一个密钥',
  'give each person a key: make client NAME=ann (without compose: zephyr clients add ann)':
    '请为每人创建密钥：make client NAME=ann（不用 compose 时：zephyr clients add ann）',
  'or let everybody use it: open = true under [server]':
    '或允许任何人使用：在 [server] 下写 open = true',
  'or listen on this machine only: host = "127.0.0.1" under [server]':
    '或只在本机监听：在 [server] 下写 host = "127.0.0.1"',
  '{1} with no admin token ({2})': '{1}，却没有管理令牌（{2}）',
  'an admin token as soon as other machines can reach the controller':
    '只要其他机器能访问控制器，就需要管理令牌',
  'write {1}=… into .env (make one: openssl rand -hex 24), or listen on this machine only: host = "127.0.0.1" under [controller]':
    '请将 {1}=… 写入 .env（创建：openssl rand -hex 24），或只在本机监听：在 [controller] 下写 host = "127.0.0.1"',
  '{1}, which is not a program': '{1}，不是程序',
  'the path of a Claude CLI that can be run': '可运行的 Claude CLI 的路径',
  'correct the path, or remove the key: npm installed a Claude CLI with Zephyr':
    '请更正路径，或删除此键：npm 已随 Zephyr 安装 Claude CLI',

  'a second client or team with the name {1}': '第二个名为 {1} 的客户端或团队',
  'a name that no client and no other team has': '客户端和其他团队都没有的名称',
  'rename one of the two: budgets are shown and granted by name':
    '请重命名其中一个：预算按名称显示和追加',
  '{1}, which is not a client': '{1}，不是客户端',
  'the name of one of [[clients]]': '[[clients]] 中的名称',
  'correct the name, or create the person with `zephyr clients add {1}`':
    '请更正名称，或用 `zephyr clients add {1}` 创建',
  '{1}, already a member of {2}': '{1}，已是 {2} 的成员',
  'each person in one team at most, and once': '每人至多属于一个团队，且只出现一次',
  'remove the name from one of the lists: the cost of a request belongs to one team':
    '请从其中一个列表中删除该名称：一个请求的费用只计入一个团队',

  'a file with certificates in PEM form (-----BEGIN CERTIFICATE-----)':
    'PEM 格式的证书文件（-----BEGIN CERTIFICATE-----）',
  'correct the path, or write the certificate into this file': '请更正路径，或将证书写入此文件',
  'a file with a private key in PEM form, without a passphrase': '无口令保护的 PEM 私钥文件',
  'correct the path, or create such a file: openssl pkey -in OLD.pem -out NEW.pem':
    '请更正路径，或生成这样的文件：openssl pkey -in OLD.pem -out NEW.pem',
  'which its user may not read': '运行用户无权读取',
  'which cannot be read': '无法读取',
  'give the user who runs Zephyr read access; in containers each service has its own user, see docs/tls.md':
    '请允许运行 Zephyr 的用户读取；容器中每个服务都有自己的用户，参见 docs/tls.md',
  'which has no certificate in PEM form': '没有 PEM 格式的证书',
  'whose last certificate has no end': '最后一个证书不完整',
  'whose certificates cannot be read': '证书无法读取',
  'which has no private key in PEM form': '没有 PEM 格式的私钥',
  'whose key is encrypted; Zephyr has no passphrase for it': '私钥已加密；Zephyr 没有其口令',
  'whose key cannot be read': '私钥无法读取',
  'which TLS rejects: {1}': '无法用于 TLS：{1}',
  '{1} without {2}': '有 {1}，却没有 {2}',
  'a certificate and its private key': '证书及其私钥',
  'certificates and a key that TLS accepts, such as RSA with 2048 bits':
    'TLS 可用的证书和私钥，例如 2048 位 RSA',
  'make a new certificate with a longer key': '请用更长的密钥重新生成证书',
  '{1}, whose key is not that of the first certificate in {2}':
    '{1}，其私钥与 {2} 中第一个证书不匹配',
  'the private key of that certificate': '该证书的私钥',
  'correct one of the two paths; if they are being renewed, wait for the other file':
    '请更正其中一个路径；若证书正在更新，请等待另一个文件',

  'auth_token_env and token_command': 'auth_token_env 和 token_command',
  'one source of the token: auth_token_env or token_command':
    '令牌的一个来源：auth_token_env 或 token_command',
  'remove one of them': '请删除其中一个',
  'add auth_token_env, e.g. AUTH_TOKEN_MAIN': '请添加 auth_token_env，例如 AUTH_TOKEN_MAIN',
  'a program that prints the token on one line': '将令牌输出为一行的程序',
  'run it in a shell as the user of the service, and check its output':
    '请在 shell 中以服务的用户身份运行它，查看其输出',
  'write {1}=… with the token of your provider into .env': '请将服务商提供的令牌以 {1}=… 写入 .env',
  '{1}, which is not set or empty': '{1}，未设置或为空',
  'a variable of .env or of the environment that holds the token': '.env 或环境中保存令牌的变量',
  '{1}, which still holds the placeholder of the example': '{1}，仍是示例中的占位符',
  'a real token': '真实的令牌',
  '{1}, whose value has spaces, line breaks or non-ASCII characters':
    '{1}，其值含有空格、换行或非 ASCII 字符',
  'a token as your provider gave it, without "Bearer" and without spaces':
    '服务商提供的令牌原文，不含 "Bearer" 和空格',
  'correct the line of {1} in .env': '请更正 .env 中设置 {1} 的那一行',
  'the variable named here': '此处指定的变量',
  'no usable address': '不是可用的地址',
  'an address such as "http://tempo:4318", without credentials':
    '地址，例如 "http://tempo:4318"，不含凭据',
  'credentials go into .env as headers, see headers_env':
    '凭据以请求头形式写入 .env，参见 headers_env',
  'name=value,name=value in .env or in the environment': '.env 或环境中的 name=value,name=value',
  "write {1}='authorization=Bearer%20…' into .env": "请将 {1}='authorization=Bearer%20…' 写入 .env",
  'does not hold headers (not shown)': '不是请求头（不显示）',
  'sets {1}, which Zephyr sets itself': '设置了由 Zephyr 自行设置的 {1}',
};
