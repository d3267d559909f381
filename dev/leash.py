"""Run a program that ends when its parent does, as another user if asked.

    python leash.py SIGNAL PARENT USER -- PROGRAM ARGUMENTS…

SIGNAL is sent to the program when PARENT dies (Linux). USER is a user id, or `-` to stay who we are. Run as a
script: it replaces itself with the program, so the process id is the program's own.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Drop privileges, tie ourselves to the parent, become the program."""
    signal, parent, user = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    program = sys.argv[5:]
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if user != "-":
        entry = pwd.getpwuid(int(user))
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    # After the change of user, which clears the signal.
    if libc is not None:
        libc.prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("The parent was gone before the program could start.")
    os.execvp(program[0], program)


if __name__ == "__main__":
    main()
