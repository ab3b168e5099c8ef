-- Extends the lease of the leader that still holds it.
--
-- KEYS[1] lease, KEYS[2] epoch
-- ARGV[1] id of the leader
-- ARGV[2] its epoch
-- ARGV[3] length of the lease, ms
-- Returns {1, clock ms}, or {0, clock ms} when the lease is lost
local time = redis.call('TIME')
local epochMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('GET', KEYS[2]) ~= ARGV[2] then
  return { 0, epochMs }
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return { 1, epochMs }
