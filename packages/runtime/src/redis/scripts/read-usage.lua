-- Reads one hour or day of the ledger, unless it is larger than our services ever write.
--
-- KEYS[1] hash
-- ARGV[1] most fields
-- ARGV[2] most bytes in memory
-- Returns {field, value, …}, or the number of its fields where it is too large
local fields = redis.call('HLEN', KEYS[1])
if fields == 0 then return {} end
if fields > tonumber(ARGV[1]) then return fields end
-- Measures all of it: a sample may miss a large value.
if redis.call('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 0) > tonumber(ARGV[2]) then return fields end
return redis.call('HGETALL', KEYS[1])
