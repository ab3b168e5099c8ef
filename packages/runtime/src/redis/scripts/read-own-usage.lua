-- Reads the rows of one person in one day of the ledger: no one else's leave Redis.
--
-- KEYS[1] hash of the day
-- ARGV[1] the person
-- ARGV[2] most fields; a larger hash is not ours
-- Returns {field, value, …}
local found = {}
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[2]) then return found end
local rows = redis.call('HGETALL', KEYS[1])
local start = ARGV[1] .. '\t'
for at = 1, #rows, 2 do
  if string.sub(rows[at], 1, #start) == start then
    found[#found + 1] = rows[at]
    found[#found + 1] = rows[at + 1]
  end
end
return found
