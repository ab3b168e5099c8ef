-- Trims the older half of each stream that takes too much memory.
--
-- KEYS streams
-- ARGV of each the most bytes in memory
-- Returns how many entries were removed
local gone = 0
for number, key in ipairs(KEYS) do
  -- Measures all of it: a sample may miss a large entry.
  if (redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) or 0) > tonumber(ARGV[number]) then
    gone = gone + redis.call('XTRIM', key, 'MAXLEN', math.floor(redis.call('XLEN', key) / 2))
  end
end
return gone
