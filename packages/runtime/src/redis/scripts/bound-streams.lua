-- Of each stream that takes too much memory the older half goes.
--
-- KEYS streams
-- ARGV of each the most bytes in memory
-- Returns how many entries went
local gone = 0
for number, key in ipairs(KEYS) do
  -- All of it is measured: of a sample, a large entry may be no part.
  if (redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) or 0) > tonumber(ARGV[number]) then
    gone = gone + redis.call('XTRIM', key, 'MAXLEN', math.floor(redis.call('XLEN', key) / 2))
  end
end
return gone
