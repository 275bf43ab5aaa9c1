-- Counts answers by status in each of wrk's threads, and prints all figures as one line of JSON. The first argument
-- after `--` names a file that defines `choose(args)` and `request()`.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  seen = {}
  if args[1] then
    dofile(args[1])
    choose(args)
  end
end

function response(status, headers, body)
  seen[status] = (seen[status] or 0) + 1
end

function done(summary, latency, requests)
  local statuses = {}
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("seen")) do
      statuses[status] = (statuses[status] or 0) + count
    end
  end
  local parts = {}
  for status, count in pairs(statuses) do
    table.insert(parts, string.format('"%d": %d', status, count))
  end
  local e = summary.errors
  print(string.format(
    'figures: {"rate": %f, "p50_ms": %f, "p99_ms": %f, "max_ms": %f, "statuses": {%s}, ' ..
    '"errors": {"connect": %d, "read": %d, "write": %d, "timeout": %d}}',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    latency.max / 1000, table.concat(parts, ", "), e.connect, e.read, e.write, e.timeout))
end
