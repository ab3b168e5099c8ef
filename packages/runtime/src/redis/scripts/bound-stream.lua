-- Of a stream that takes too much memory the older half goes.
--
-- KEYS[1] stream
-- ARGV[1] most bytes in memory
-- Returns how many entries went
-- All of it is measured: of a sample, a large entry may be no part.
if (redis.call('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 0) or 0) <= tonumber(ARGV[1]) then return 0 end
return redis.call('XTRIM', KEYS[1], 'MAXLEN', math.floor(redis.call('XLEN', KEYS[1]) / 2))
