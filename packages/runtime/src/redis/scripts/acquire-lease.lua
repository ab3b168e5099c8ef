-- Takes the leader's lease when it is free or already ours.
-- The fencing epoch then rises to max(epoch + 1, clock of Redis in ms): the clock keeps it rising
-- even after Redis has lost its data. It rises for the same holder, too: a replica that became the
-- primary may know our lease and yet miss our last commits, so what we write from now on must be
-- newer than those.
--
-- KEYS[1] lease        id of the leader, expires
-- KEYS[2] epoch        fencing epoch of the last leader
-- KEYS[3] incarnation  made anew when Redis is found empty
-- ARGV[1] id of the candidate
-- ARGV[2] length of the lease, ms
-- ARGV[3] a UUID, the incarnation if there is none
-- Returns {1, epoch, incarnation, clock ms} or {0, holder, ms until its lease ends, clock ms}
local time = redis.call('TIME')
local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local holder = redis.call('GET', KEYS[1])

if holder and holder ~= ARGV[1] then
  return { 0, holder, redis.call('PTTL', KEYS[1]), nowMs }
end

local epoch = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, nowMs)
redis.call('SET', KEYS[2], string.format('%.0f', epoch))
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[3], ARGV[3], 'NX')
return { 1, epoch, redis.call('GET', KEYS[3]), nowMs }
