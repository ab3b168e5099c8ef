-- Gives the lease back, so that the next candidate need not wait for its expiry.
--
-- KEYS[1] lease
-- ARGV[1] id of the leader
-- Returns 1, or 0 if the lease was no longer ours
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
