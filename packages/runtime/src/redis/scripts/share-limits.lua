-- Writes what one proxy has let in within this minute, whole, so that a repeat changes nothing; and
-- reads all that limits are decided by.
--
-- KEYS[1] grants of operators, JSON
-- KEYS[2] KEYS[3] KEYS[4] totals of the day, the week and the month
-- KEYS[5] hash of this minute: field a proxy, value the time of writing (ms), a blank, its share
-- KEYS[6] the same of the minute before; may be absent
-- ARGV[1] the proxy; empty: nothing is written
-- ARGV[2] its share
-- ARGV[3] how long KEYS[5] lives, ms
-- ARGV[4] most fields of a total, and ARGV[5] of a minute: what is larger is not ours, and left out
-- Returns {time, grants, three totals {person, number, …}, two minutes {proxy, value, …}}; a total
-- that is missing is empty
local time = redis.call('TIME')
local nowMs = string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))

local function all(key, most)
  if not key or redis.call('HLEN', key) > tonumber(most) then return {} end
  return redis.call('HGETALL', key)
end

if ARGV[1] ~= '' then
  redis.call('HSET', KEYS[5], ARGV[1], nowMs .. ' ' .. ARGV[2])
  redis.call('PEXPIRE', KEYS[5], ARGV[3])
end
local totals = { all(KEYS[2], ARGV[4]), all(KEYS[3], ARGV[4]), all(KEYS[4], ARGV[4]) }
local shares = { all(KEYS[5], ARGV[5]), all(KEYS[6], ARGV[5]) }
return { nowMs, redis.call('GET', KEYS[1]) or '', totals, shares }
