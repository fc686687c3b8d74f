# A WebSocket server that plays the cases of the Autobahn test suite to whoever connects, and writes
# down how the client did.
import asyncio
import json
import os
import sys

sys.path.insert(0, os.environ["KOSOKU"])
import kosoku  # noqa: E402

RELEASE = "one"


async def main():
    cases = json.loads(os.environ["CASES"])
    async with kosoku.run_fuzzingserver(cases, host="127.0.0.1", port=3000) as server:
        try:
            results = await server.get_result()
        except kosoku.FailureError as error:
            results = error.results
    with open("@TMP@/results.new", "w") as file:
        json.dump({one.case_id: as_value(one) for one in results}, file)
    os.rename("@TMP@/results.new", "@TMP@/results.json")
    await asyncio.Future()


#RESULT#

asyncio.run(main())
