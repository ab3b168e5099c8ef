-- Takes the leader's lease when it is free or already ours.
-- The fencing epoch then rises to max(epoch + 1, clock of Redis in ms): the clock keeps it rising
-- even after Redis has lost its data. It rises for the same holder, too: a replica that became the
-- primary may know our lease and yet miss our last commits, so what we write from now on must be
-- newer than those.
--
-- KEYS[1] lease        id of the leader, expires
-- KEYS[2] epoch        fencing epoch of the last leader
-- KEYS[3] incarnation  replaced when Redis is found empty, or its numbers cannot be continued
-- KEYS[4] snapshot     JSON of the last RoutingSnapshot
-- ARGV[1] id of the candidate
-- ARGV[2] length of the lease, ms
-- ARGV[3] a UUID, the incarnation if there is none
-- ARGV[4] the last epoch that there may be
-- Returns {1, epoch, incarnation, clock ms} or {0, holder, ms until its lease ends, clock ms}
local time = redis.call('TIME')
local epochMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local holder = redis.call('GET', KEYS[1])

if holder and holder ~= ARGV[1] then
  return { 0, holder, redis.call('PTTL', KEYS[1]), epochMs }
end

local former = tonumber(redis.call('GET', KEYS[2]) or '0') or 0
-- No larger epoch could follow one that no clock can have produced.
local isLost = former >= tonumber(ARGV[4])
if isLost then former = 0 end
local epoch = math.max(former + 1, epochMs)
local readable, snapshot = pcall(cjson.decode, redis.call('GET', KEYS[4]) or '')
if readable and type(snapshot) == 'table' then
  isLost = isLost or (tonumber(snapshot.epoch) or 0) > epoch
end
-- Proxies accept no smaller epoch of the same incarnation; with a new one they start over.
if isLost then redis.call('DEL', KEYS[3]) end
redis.call('SET', KEYS[2], string.format('%.0f', epoch))
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[3], ARGV[3], 'NX')
return { 1, epoch, redis.call('GET', KEYS[3]), epochMs }
