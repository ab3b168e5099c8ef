-- Removes the oldest hours or days of the ledger while all together have too many rows.
--
-- KEYS[1] the end of the newest that has ever gone, ms: what is before it is incomplete
-- KEYS[2…] hashes, the newest first
-- ARGV[1] the most rows of all
-- ARGV[2] the most rows of one hash; a larger one is not ours, and takes no room of ours
-- ARGV[3] how long KEYS[1] lives, ms
-- ARGV[4] the end of the first of the hashes, ms
-- ARGV[5] how long one lasts, ms
-- Returns how many hashes were removed
local rows, gone, removedBefore = 0, 0, 0
for at = 2, #KEYS do
  local found = redis.pcall('HLEN', KEYS[at])
  -- Our services write only hashes here.
  if type(found) == 'number' and found <= tonumber(ARGV[2]) then rows = rows + found end
  if rows > tonumber(ARGV[1]) and redis.call('UNLINK', KEYS[at]) == 1 then
    if gone == 0 then removedBefore = ARGV[4] - (at - 2) * ARGV[5] end
    gone = gone + 1
  end
end
-- Last: a Redis that is out of memory accepts SET only from a script that has already written.
if gone > 0 then
  local known = tonumber(redis.call('GET', KEYS[1]) or '') or 0
  local text = string.format('%.0f', math.max(known, removedBefore))
  redis.call('SET', KEYS[1], text, 'PX', ARGV[3])
end
return gone
