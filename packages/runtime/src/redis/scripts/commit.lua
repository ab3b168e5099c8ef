-- All writes of one decision, atomically. Refused for anyone but the leader of the
-- current epoch, so that a leader that was paused or cut off writes nothing.
-- Repeating a commit whose reply was lost changes nothing: its id is recognised.
--
-- KEYS[1] lease
-- KEYS[2] epoch
-- KEYS[3] snapshot   JSON of a RoutingSnapshot
-- KEYS[4] committed  id of the last commit
-- KEYS[5…] the leader's other records and streams
-- ARGV[1] id of the leader
-- ARGV[2] its epoch
-- ARGV[3] id of this commit, unique
-- ARGV[4] version of the snapshot that the leader knows; 0 for none
-- ARGV[5] the new snapshot, or '' to leave it
-- ARGV[6] pub/sub channel of the hint that the snapshot has changed
-- ARGV[7…] in fours: index in KEYS; 'record' for one that is replaced, 'expiring' for one that also ends,
--          or 'stream'; how many ms it lives, or about how many entries the stream keeps; JSON
-- Returns {'committed'}, {'fenced', epoch of the leader now} or {'conflict', version that is there}
local epoch = redis.call('GET', KEYS[2]) or '0'
if epoch ~= ARGV[2] or redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return { 'fenced', epoch }
end
if redis.call('GET', KEYS[4]) == ARGV[3] then
  return { 'committed' }
end

if ARGV[5] ~= '' then
  local current = redis.call('GET', KEYS[3])
  local version = 0
  if current then
    local readable, snapshot = pcall(cjson.decode, current)
    -- An unreadable record must not block the leader forever: it is replaced.
    if readable and type(snapshot) == 'table' then version = tonumber(snapshot.version) or 0 end
  end
  if version ~= tonumber(ARGV[4]) then
    return { 'conflict', string.format('%.0f', version) }
  end
  redis.call('SET', KEYS[3], ARGV[5])
end
for i = 7, #ARGV, 4 do
  local key = KEYS[tonumber(ARGV[i])]
  if ARGV[i + 1] == 'record' then
    redis.call('SET', key, ARGV[i + 3])
  elseif ARGV[i + 1] == 'expiring' then
    redis.call('SET', key, ARGV[i + 3], 'PX', ARGV[i + 2])
  else
    redis.call('XADD', key, 'MAXLEN', '~', ARGV[i + 2], '*', 'json', ARGV[i + 3])
  end
end
redis.call('SET', KEYS[4], ARGV[3])
if ARGV[5] ~= '' then
  redis.call('PUBLISH', ARGV[6], '')
end
return { 'committed' }
