-- Logs in as one account after the other, so that none is throttled. Arguments: this file, first number, last number,
-- the form of an address with %d in it. BENCH_PASSWORD is in the environment, not on the command line.
function choose(args)
  local first, last = tonumber(args[2]), tonumber(args[3])
  math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 100000)
  at = math.random(first, last)
  request = function()
    at = at + 1
    if at > last then at = first end
    local body = string.format('{"email": "%s", "password": "%s"}', string.format(args[4], at), os.getenv("BENCH_PASSWORD"))
    return wrk.format("POST", nil, {["Content-Type"] = "application/json"}, body)
  end
end
