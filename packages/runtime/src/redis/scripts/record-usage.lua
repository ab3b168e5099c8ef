-- Adds one part of a writer's batch to the ledger and to the log of requests: once, even if it is sent again.
--
-- KEYS[1] written   number of the writer's last part
-- KEYS[2] requests  stream of finished requests
-- KEYS[3…] hashes of hours and days: field `person<tab>endpoint<tab>model`, value the counts,
--          separated by blanks; then totals of what people have cost: field person, value a number
-- ARGV[1] number of this part
-- ARGV[2] how long KEYS[1] lives, ms
-- ARGV[3] endpoint and model of what does not fit, as the end of a field
-- ARGV[4] about how many entries the stream keeps
-- ARGV[5] number of rows
-- ARGV[6] number of totals among the keys
-- ARGV[7] number of costs to add to them
-- ARGV[8] the person of the rest, and ARGV[9] the most fields of totals
-- ARGV[10…] for each hash of hours and days: how long it lives, ms, its most fields with endpoint and
--          model, and its most fields; then for each row: index in KEYS, field, counts; then for each
--          cost: index in KEYS, person, number; then the records as JSON
-- Returns 'written', 'known' (this part, or a later one, is there), or 'no_totals' where one of them
-- is missing: then nothing is written
if tonumber(ARGV[1]) <= tonumber(redis.call('GET', KEYS[1]) or '0') then return 'known' end

local last = #KEYS - tonumber(ARGV[6])
for i = last + 1, #KEYS do
  if redis.call('HLEN', KEYS[i]) == 0 then return 'no_totals' end
end

-- Larger integers are not exact: sums saturate here, as in UsageTable.
local MOST = 2 ^ 53 - 1

local function sum(former, added)
  local counts = {}
  for count in string.gmatch(former, '%S+') do counts[#counts + 1] = tonumber(count) or 0 end
  local sums = {}
  for count in string.gmatch(added, '%S+') do
    -- All digits, so that a large number is not written as 1e+14. Readers reject values above MOST.
    local total = math.min(MOST, (counts[#sums + 1] or 0) + count)
    sums[#sums + 1] = string.format('%.0f', total)
  end
  return table.concat(sums, ' ')
end

-- As in UsageTable: a row that does not fit is added to its person's row, or finally to the row of nobody.
local function placeOf(key, field, named, all)
  local former = redis.call('HGET', key, field)
  if former or redis.call('HLEN', key) < tonumber(named) then return field, former end
  field = string.match(field, '^[^\t]*') .. ARGV[3]
  former = redis.call('HGET', key, field)
  if former or redis.call('HLEN', key) < tonumber(all) then return field, former end
  field = ARGV[8] .. ARGV[3]
  return field, redis.call('HGET', key, field)
end

-- Check first: a script's writes are not rolled back.
redis.call('XLEN', KEYS[2])
for i = 3, last do redis.call('HLEN', KEYS[i]) end

local at = 4 + 3 * last
for _ = 1, tonumber(ARGV[5]) do
  local i, added = tonumber(ARGV[at]), ARGV[at + 2]
  local field, former = placeOf(KEYS[i], ARGV[at + 1], ARGV[3 * i + 2], ARGV[3 * i + 3])
  redis.call('HSET', KEYS[i], field, sum(former or '', added))
  at = at + 3
end
for _ = 1, tonumber(ARGV[7]) do
  local key, field, added = KEYS[tonumber(ARGV[at])], ARGV[at + 1], ARGV[at + 2]
  local former = redis.call('HGET', key, field)
  if not former and redis.call('HLEN', key) >= tonumber(ARGV[9]) then
    field = ARGV[8]
    former = redis.call('HGET', key, field)
  end
  redis.call('HSET', key, field, sum(former or '', added))
  at = at + 3
end
for i = 3, last do redis.call('PEXPIRE', KEYS[i], ARGV[3 * i + 1]) end
for i = at, #ARGV do redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'json', ARGV[i]) end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 'written'
