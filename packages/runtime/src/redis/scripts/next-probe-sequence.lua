-- Takes the next sequence number of an endpoint's probes: max(last + 1, clock of Redis in ms).
-- The clock keeps it rising after Redis has lost its data, so that a probe that was running then
-- does not make all later ones look late.
--
-- KEYS[1] last number taken
-- Returns the number
local time = redis.call('TIME')
local epochMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local sequence = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') + 1, epochMs)
redis.call('SET', KEYS[1], string.format('%.0f', sequence))
return sequence
