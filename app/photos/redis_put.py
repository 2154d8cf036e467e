"""What a Redis does when photos come: a script, so that nothing of anybody comes between its steps."""

# KEYS, all of them sorted sets, which expire with the newest photo:
#   order:  'OWNER NUMBER ID' by NUMBER, the oldest first; the number of its coming has 16 digits
#   owned:  the same, all with the score 0, so by their letters: those of an owner stand together, his oldest first
#   shares: 'ROOM OLDEST OWNER', likewise by their letters: ROOM is MANY less the photos of an owner, OLDEST the number
#           of his oldest, so who has the most stands first, and of several the one whose oldest is the oldest of all
# ARGV: what the key of a photo begins with, the milliseconds that photos are kept, how many, and then id, owner and
# value in turn. Who asks again because the answer was lost puts nothing twice: an id that is there is left as it is.
PUT = """
local order, owned, shares = KEYS[1], KEYS[2], KEYS[3]
local photo, keep, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local MANY = 9999999999

local function first_of(owner)
  return redis.call('ZRANGEBYLEX', owned, '[' .. owner .. ' ', '(' .. owner .. '!', 'LIMIT', 0, 1)[1]
end

local function share_of(owner)
  local first = first_of(owner)
  if not first then return nil end
  local photos = redis.call('ZLEXCOUNT', owned, '[' .. owner .. ' ', '(' .. owner .. '!')
  return string.format('%010d %s %s', MANY - photos, string.match(first, ' (%d+) '), owner)
end

local function change(owner, act)
  local before = share_of(owner)
  if before then redis.call('ZREM', shares, before) end
  act()
  local after = share_of(owner)
  if after then redis.call('ZADD', shares, 0, after) end
end

local function keep_one(owner, number, id, value)
  redis.call('SET', photo .. id, value, 'PX', keep)
  local member = string.format('%s %016d %s', owner, number, id)
  change(owner, function()
    redis.call('ZADD', order, number, member)
    redis.call('ZADD', owned, 0, member)
  end)
end

local function forget(member)
  local owner, id = string.match(member, '^(%S+) %d+ (%S+)$')
  redis.call('DEL', photo .. id)
  change(owner, function()
    redis.call('ZREM', order, member)
    redis.call('ZREM', owned, member)
  end)
end

-- A Redis without room may have thrown one of them out, and then the others are worth nothing: the photos go in time.
local there = redis.call('EXISTS', order, owned, shares)
if there ~= 0 and there ~= 3 then redis.call('DEL', order, owned, shares) end

-- Those that expired are the oldest.
local oldest = redis.call('ZRANGE', order, 0, 0)[1]
while oldest and redis.call('EXISTS', photo .. string.match(oldest, '%S+$')) == 0 do
  forget(oldest)
  oldest = redis.call('ZRANGE', order, 0, 0)[1]
end

local number = tonumber(redis.call('ZRANGE', order, -1, -1, 'WITHSCORES')[2] or 0)
for at = 4, #ARGV, 3 do
  if redis.call('EXISTS', photo .. ARGV[at]) == 0 then
    number = number + 1
    keep_one(ARGV[at + 1], number, ARGV[at], ARGV[at + 2])
  end
  while redis.call('ZCARD', order) > most do
    forget(first_of(string.match(redis.call('ZRANGE', shares, 0, 0)[1], '%S+$')))
  end
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, keep) end
"""
