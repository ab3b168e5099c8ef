-- Of hours or days of the ledger that together have too many rows the oldest go.
--
-- KEYS hashes, the newest first
-- ARGV[1] the most rows of all
-- Returns how many hashes went
local rows, gone = 0, 0
for _, key in ipairs(KEYS) do
  local found = redis.pcall('HLEN', key)
  -- What is no hash was not written by our services.
  if type(found) == 'number' then rows = rows + found end
  if rows > tonumber(ARGV[1]) then gone = gone + redis.call('UNLINK', key) end
end
return gone
