-- Records one probe result, once per slot and never after a newer one of the same endpoint.
--
-- KEYS[1] slot      exists when this slot's result is recorded
-- KEYS[2] recorded  sequence of the endpoint's last recorded result
-- KEYS[3] probes    stream of results
-- KEYS[4] fresh     exists while the endpoint's last real probe is fresh
-- ARGV[1] sequence of this result
-- ARGV[2] JSON of the result
-- ARGV[3] how long a slot is remembered, ms
-- ARGV[4] about how many results the stream keeps
-- ARGV[5] how long KEYS[4] lives from now, ms; 0 removes it; -1 leaves it
-- Returns 'recorded', 'duplicate' (the slot has a result) or 'late' (a newer result is there)
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[3]) then
  return 'duplicate'
end
if tonumber(ARGV[1]) <= tonumber(redis.call('GET', KEYS[2]) or '0') then
  return 'late'
end
redis.call('SET', KEYS[2], ARGV[1])
if ARGV[5] == '0' then
  redis.call('DEL', KEYS[4])
elseif ARGV[5] ~= '-1' then
  redis.call('SET', KEYS[4], ARGV[1], 'PX', ARGV[5])
end
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'json', ARGV[2])
return 'recorded'
