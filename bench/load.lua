-- The requests of wrk, and its results as one line of JSON.
-- By default it gets the URL repeatedly. If PLACE is in the environment, it gets the URL
-- with PLACE appended; if EACH is, it posts BATCH documents at a time: HEAD, EACH
-- separated by commas, TAIL.
-- In PLACE and EACH, {n} is a number, and {v} the count of its uses, from 1. The numbers
-- are FIRST, FIRST + 1 and so on; if COUNT is not 0, all numbers from FIRST to FIRST +
-- COUNT - 1 in a mixed order, repeatedly.

local STRIDE = 611953 -- a prime

local function pieces(template)
	local found = {}
	for text, mark in (template .. "{}"):gmatch("(.-){([nv]?)}") do
		found[#found + 1] = text
		found[#found + 1] = mark
	end
	return found
end

local function filled(parts, n, v)
	local out = {}
	for i = 1, #parts, 2 do
		out[i] = parts[i]
		out[i + 1] = parts[i + 1] == "n" and n or parts[i + 1] == "v" and v or ""
	end
	return table.concat(out)
end

local first, count, sent = tonumber(os.getenv("FIRST")), tonumber(os.getenv("COUNT")), 0

local function next_of(parts)
	local n = count > 0 and (sent * STRIDE) % count or sent
	local v = count > 0 and math.floor(sent / count) + 1 or 1
	sent = sent + 1
	return filled(parts, first + n, v)
end

local function poster(head, each, tail, batch)
	local parts = pieces(each)
	wrk.headers["Content-Type"] = "application/json"
	return function()
		local docs = {}
		for i = 1, batch do
			docs[i] = next_of(parts)
		end
		return wrk.format("POST", nil, nil, head .. table.concat(docs, ",") .. tail)
	end
end

local function getter(place)
	local parts = pieces(place)
	return function()
		return wrk.format("GET", wrk.path .. next_of(parts))
	end
end

if os.getenv("EACH") then
	request = poster(os.getenv("HEAD"), os.getenv("EACH"), os.getenv("TAIL"), tonumber(os.getenv("BATCH")))
elseif os.getenv("PLACE") then
	request = getter(os.getenv("PLACE"))
end

function done(summary, latency)
	local errors = summary.errors
	io.write(string.format('{"requests":%d,"seconds":%f,"bytes":%d,"p50":%f,"p99":%f,"failed":%d}\n', summary.requests,
		summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e6, latency:percentile(99) / 1e6,
		errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
