-- Adds one proxy's admissions to the sums over all proxies, and reads all inputs of the limits. A proxy sends
-- totals, and its previous totals are stored: the difference is added, so that a retry changes nothing, and
-- what Redis has lost returns with the next report.
--
-- Concurrent requests are summed per span of a few seconds in which they were reported: those of a proxy that
-- stops reporting are gone two spans later. Two hashes alternate.
--
-- KEYS[1] grants of operators, JSON
-- KEYS[2] KEYS[3] KEYS[4] totals of the day, the week and the month
-- KEYS[5] hash of the minute: field person, value requests, a blank, tokens. From here on absent if
--         nothing is given
-- KEYS[6] KEYS[7] hashes of an even and an odd span: field person, value requests at the same time
-- KEYS[8] hash of what the proxy gave: field person, value minute, requests, tokens, span, requests at
--         the same time, separated by blanks
-- ARGV[1] most fields of a hash that is read: what is larger is not ours, and left out
-- ARGV[2] the minute, ms
-- ARGV[3] how long a span lasts, ms
-- ARGV[4] how long KEYS[5] and KEYS[8] live, ms
-- ARGV[5…] for each person: name, requests and tokens of the minute, requests at the same time
-- Returns {grants, three totals, the minute, two spans}: of each hash the JSON of {field, value, …}, which a
-- proxy reads several times as fast as so many strings; what is missing is empty
local function all(key)
  local fields = redis.call('HLEN', key)
  if fields == 0 or fields > tonumber(ARGV[1]) then return '' end
  return cjson.encode(redis.call('HGETALL', key))
end

local grants = redis.call('GET', KEYS[1]) or ''
local totals = { all(KEYS[2]), all(KEYS[3]), all(KEYS[4]) }
if not KEYS[5] then return { grants, totals, '', { '', '' } } end

local time = redis.call('TIME')
local epochMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local minute, spanMs = ARGV[2], tonumber(ARGV[3])
local span = math.floor(epochMs / spanMs)
local current, former = KEYS[6 + span % 2], KEYS[6 + (span + 1) % 2]

-- Larger integers are not exact.
local function text(number)
  return string.format('%.0f', math.min(2 ^ 53 - 1, math.max(0, number)))
end

local function addToMinute(person, requests, tokens)
  if requests == 0 and tokens == 0 then return end
  local value = redis.call('HGET', KEYS[5], person) or ''
  local r, t = string.match(value, '^(%d+) (%d+)$')
  local sums = text((r or 0) + requests) .. ' ' .. text((t or 0) + tokens)
  redis.call('HSET', KEYS[5], person, sums)
end

local function addToSpan(key, person, active)
  if active == 0 then return end
  local value = string.match(redis.call('HGET', key, person) or '', '^%d+$')
  -- Does not recreate an expired hash.
  if value or active > 0 then redis.call('HSET', key, person, text((value or 0) + active)) end
end

local function give(person, requests, tokens, active)
  local value = redis.call('HGET', KEYS[8], person) or ''
  local m, r, t, s, a = string.match(value, '^(%d+) (%d+) (%d+) (%d+) (%d+)$')
  if m ~= minute then r, t = 0, 0 end
  addToMinute(person, requests - r, tokens - t)
  if tonumber(s) == span then
    addToSpan(current, person, active - a)
  else
    if tonumber(s) == span - 1 then addToSpan(former, person, -a) end
    addToSpan(current, person, active)
  end
  local given = { minute, text(requests), text(tokens), text(span), text(active) }
  local written = table.concat(given, ' ')
  if written ~= value then redis.call('HSET', KEYS[8], person, written) end
end

for at = 5, #ARGV, 4 do
  give(ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]))
end
redis.call('PEXPIRE', KEYS[5], ARGV[4])
redis.call('PEXPIRE', KEYS[8], ARGV[4])
-- Expires just before its turn comes again.
redis.call('PEXPIRE', current, 2 * spanMs - epochMs % spanMs - 1)
return { grants, totals, all(KEYS[5]), { all(current), all(former) } }
