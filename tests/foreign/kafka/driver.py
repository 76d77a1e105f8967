"""Serves one client to the conformance tests: a line of JSON in is a command, a line of JSON out its answer.

Keys, values and header values travel as base64; a null value stays null, a missing key too.
"""
import base64
import json
import sys
import time
import traceback

bootstrap = sys.argv[1]


def data(text):
    return None if text is None else base64.b64decode(text)


def text(value):
    if value is None:
        return None
    return base64.b64encode(value if isinstance(value, (bytes, bytearray)) else value.encode()).decode()


def until(condition, what):
    """Polls until a condition holds; what does not come within half a minute does not come."""
    end = time.monotonic() + 30
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited 30 s for {what()}")


def serve(commands):
    answers = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        command = json.loads(line)
        try:
            name = command["do"]
            if name not in commands:
                raise NotImplementedError(f"the driver has no {name}")
            answer = {"result": commands[name](command) or {}}
        except BaseException as error:
            answer = {"error": f"{type(error).__name__} {error}", "stack": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
