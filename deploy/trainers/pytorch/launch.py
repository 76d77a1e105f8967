#!/usr/bin/env python3
"""
Starts train.py N times on this machine with torchrun's variables: `trainer: python3 deploy/trainers/pytorch/launch.py 2`. For installations whose
torchrun does not start (torch 1.13 under Python 3.11, as Debian 12 has it); it restarts nothing, which the job's runner does.
"""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

GRACE_SECONDS = 8


def main():
    if len(sys.argv) != 2 or not sys.argv[1].isdigit() or int(sys.argv[1]) < 1:
        print("usage: launch.py PROCESSES", file=sys.stderr)
        return 2
    count = int(sys.argv[1])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [sys.executable, str(pathlib.Path(__file__).with_name("train.py"))]
    common = {**os.environ, "WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    ranks = []
    signal.signal(signal.SIGTERM, lambda *_: [rank.send_signal(signal.SIGTERM) for rank in ranks if rank.poll() is None])
    for rank in range(count):
        ranks.append(subprocess.Popen(program, env={**common, "RANK": str(rank), "LOCAL_RANK": str(rank)}, stdin=subprocess.DEVNULL))
    failed_at, code = None, 0
    while any(rank.poll() is None for rank in ranks):
        # One that failed leaves the others waiting for it for ever.
        bad = [rank.returncode for rank in ranks if rank.poll() not in (None, 0)]
        if bad and failed_at is None:
            failed_at = time.monotonic()
        if failed_at is not None and time.monotonic() - failed_at > GRACE_SECONDS:
            for rank in ranks:
                if rank.poll() is None:
                    rank.kill()
        time.sleep(0.05)
    codes = [rank.returncode for rank in ranks]
    # A refusal tells more than what it did to the others.
    for wanted in (2, 143):
        if wanted in codes:
            return wanted
    return next((1 if code < 0 else code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
