-- Reads the next entries of a stream, leaving out those larger than our services ever write: otherwise
-- another writer would decide how much memory a reader needs.
--
-- KEYS[1] stream
-- ARGV[1] id of the last entry that was read
-- ARGV[2] most entries in one reply
-- ARGV[3] most bytes of an entry
-- ARGV[4] most bytes in one reply
-- ARGV[5] delete: what is too large is deleted as well
-- Returns {id of the last entry that was looked at, {{id, {field, value, …}}, …}, {{id, bytes}, …}}:
-- the entries, and those that were too large
local last = ARGV[1]
local entries, tooLarge = {}, {}
local together = 0
while #entries + #tooLarge < tonumber(ARGV[2]) and together < tonumber(ARGV[4]) do
  local found = redis.call('XRANGE', KEYS[1], '(' .. last, '+', 'COUNT', 1)[1]
  if not found then break end
  local bytes = 0
  -- An empty one takes memory too.
  for _, text in ipairs(found[2]) do bytes = bytes + #text + 16 end
  last = found[1]
  if bytes > tonumber(ARGV[3]) then
    tooLarge[#tooLarge + 1] = { last, bytes }
    if ARGV[5] == 'delete' then redis.call('XDEL', KEYS[1], last) end
  else
    together = together + bytes
    entries[#entries + 1] = found
  end
end
return { last, entries, tooLarge }
