-- Reads proxies' presence records; deletes those larger than a proxy ever writes, and shortens a lifetime
-- that is too long.
--
-- KEYS records of proxies
-- ARGV[1] most bytes of a record
-- ARGV[2] longest life of a record, ms
-- ARGV[3] most bytes in the reply
-- Returns for each key its text, '' for none, the number of its bytes where that is too large, or 0
-- where the reply is full
local texts = {}
local together = 0
for index, key in ipairs(KEYS) do
  local bytes = redis.call('STRLEN', key)
  if bytes > tonumber(ARGV[1]) then
    redis.call('DEL', key)
    texts[index] = bytes
  elseif together + bytes > tonumber(ARGV[3]) then
    texts[index] = 0
  else
    together = together + bytes
    texts[index] = redis.call('GET', key) or ''
    local left = redis.call('PTTL', key)
    if left == -1 or left > tonumber(ARGV[2]) then redis.call('PEXPIRE', key, ARGV[2]) end
  end
end
return texts
