-- Makes the totals of a day, week or month of what its days in the ledger have, unless they are there:
-- after an upgrade, or where only they were lost.
--
-- KEYS[1] hash of the totals: field person, value what they have cost
-- KEYS[2…] hashes of the days
-- ARGV[1] how long the totals live, ms
-- ARGV[2] most fields of a day; a larger one is not ours
-- ARGV[3] most fields of the totals, and ARGV[4] the person of the rest
-- ARGV[5] how many counts of a row precede its cost
-- Returns 'made' or 'known'
if redis.call('HLEN', KEYS[1]) > 0 then return 'known' end

local costOfRow = '^' .. string.rep('%d+ ', tonumber(ARGV[5])) .. '(%d+) '
local sums = {}
local people = 0
for i = 2, #KEYS do
  local rows = {}
  if redis.call('HLEN', KEYS[i]) <= tonumber(ARGV[2]) then rows = redis.call('HGETALL', KEYS[i]) end
  for at = 1, #rows, 2 do
    local person = string.match(rows[at], '^([^\t]+)\t')
    local cost = string.match(rows[at + 1] .. ' ', costOfRow)
    if person and cost then
      if not sums[person] then
        if people >= tonumber(ARGV[3]) then person = ARGV[4] end
        people = people + 1
      end
      -- Larger integers are not exact.
      sums[person] = math.min(2 ^ 53 - 1, (sums[person] or 0) + tonumber(cost))
    end
  end
end
-- Create the hash even if nobody has cost anything.
redis.call('HSET', KEYS[1], ARGV[4], string.format('%.0f', sums[ARGV[4]] or 0))
for person, sum in pairs(sums) do redis.call('HSET', KEYS[1], person, string.format('%.0f', sum)) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 'made'
