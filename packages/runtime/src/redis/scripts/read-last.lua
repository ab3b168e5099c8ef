-- Reads the last entries of a stream, the newest first, but none that is larger than our services ever
-- write.
--
-- KEYS[1] stream
-- ARGV[1] most entries in the reply
-- ARGV[2] most bytes of an entry
-- ARGV[3] most bytes in the reply
-- ARGV[4] id to begin before; '' for the newest
-- Returns {{id, {field, value, …}}, …}
local entries, together, before = {}, 0, ARGV[4] == '' and '+' or '(' .. ARGV[4]
while #entries < tonumber(ARGV[1]) do
  local found = redis.call('XREVRANGE', KEYS[1], before, '-', 'COUNT', 1)[1]
  if not found then break end
  local bytes = 0
  -- An empty one takes memory too.
  for _, text in ipairs(found[2]) do bytes = bytes + #text + 16 end
  before = '(' .. found[1]
  if bytes <= tonumber(ARGV[2]) then
    together = together + bytes
    if together > tonumber(ARGV[3]) then break end
    entries[#entries + 1] = found
  end
end
return entries
