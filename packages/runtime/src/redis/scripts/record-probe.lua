-- Records one probe result, once per slot and never after a newer one of the same endpoint.
--
-- KEYS[1] slot      exists when this slot's result is recorded
-- KEYS[2] recorded  sequence of the endpoint's last recorded result
-- KEYS[3] probes    stream of results
-- ARGV[1] sequence of this result
-- ARGV[2] JSON of the result
-- ARGV[3] how long a slot is remembered, ms
-- ARGV[4] about how many results the stream keeps
-- Returns 'recorded', 'duplicate' (the slot has a result) or 'late' (a newer result is there)
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[3]) then
  return 'duplicate'
end
if tonumber(ARGV[1]) <= tonumber(redis.call('GET', KEYS[2]) or '0') then
  return 'late'
end
redis.call('SET', KEYS[2], ARGV[1])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'json', ARGV[2])
return 'recorded'
