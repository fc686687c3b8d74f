"""Makes another process's thread do system calls, as code that an attacker brought in would (x86-64)."""

import ctypes
import os
import platform
import signal

from .waiting import wait_until

REFUSED = -1  # EPERM
CALLS = {"openat": 257, "socket": 41, "close": 3, "getpid": 39, "prctl": 157, "execve": 59, "fork": 57,
         "mprotect": 10, "kill": 62}

POKE, CONTINUE, STEP, GET_REGISTERS, SET_REGISTERS, DETACH = 5, 7, 9, 12, 13, 17
SEIZE, INTERRUPT = 0x4206, 0x4207
WALL = 0x40000000
SYSCALL_INSTRUCTION = b"\x0f\x05"

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


class Registers(ctypes.Structure):  # user_regs_struct of <sys/user.h>
    _fields_ = [(name, ctypes.c_uint64) for name in (
        "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
        "fs_base gs_base ds es fs gs").split()]


class Died(Exception):
    """The call killed the process; `signal` is how."""

    def __init__(self, number):
        super().__init__(f"killed by {signal.Signals(number).name}")
        self.signal = number


def ptrace(request, pid, address=0, data=0):
    if libc.ptrace(request, pid, address, data) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def supported():
    return platform.machine() == "x86_64"


class Injection:
    """A thread that waits in the kernel, stopped just behind its system call.

    A PermissionError says that this process may not trace that one.
    """

    def __init__(self, pid):
        self.pid = pid
        ptrace(SEIZE, pid)
        wait_until(self._stop_in_call, "the thread to wait in the kernel")

    def call(self, name, *arguments):
        """Its result, a negative errno for an error. Strings are put on the thread's stack."""
        registers = Registers.from_buffer_copy(self._before)
        free = (self._before.rsp - 4096) & ~0xF
        values = []
        for argument in arguments:
            if isinstance(argument, str):
                values.append(free)
                free = self._put(free, argument.encode() + b"\0")
            else:
                values.append(argument & (2**64 - 1))
        for register, value in zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"), values + [0] * 6):
            setattr(registers, register, value)
        registers.rax, registers.orig_rax = CALLS[name], 2**64 - 1  # no restart of what was interrupted
        registers.rip = self._before.rip - 2
        ptrace(SET_REGISTERS, self.pid, 0, ctypes.addressof(registers))
        ptrace(STEP, self.pid)
        self._wait()
        return ctypes.c_int64(self._registers().rax).value

    def detach(self):
        """The thread goes on as if a signal had interrupted it."""
        registers = Registers.from_buffer_copy(self._before)
        registers.rax, registers.orig_rax = 2**64 - 4, 2**64 - 1  # EINTR
        ptrace(SET_REGISTERS, self.pid, 0, ctypes.addressof(registers))
        ptrace(DETACH, self.pid)

    def _stop_in_call(self):
        ptrace(INTERRUPT, self.pid)
        self._wait()
        self._before = self._registers()
        with open(f"/proc/{self.pid}/mem", "rb") as memory:
            memory.seek(self._before.rip - 2)
            if memory.read(2) == SYSCALL_INSTRUCTION:
                return True
        ptrace(CONTINUE, self.pid)
        return False

    def _put(self, address, text):
        for at in range(0, len(text), 8):
            word = int.from_bytes(text[at:at + 8].ljust(8, b"\0"), "little")
            ptrace(POKE, self.pid, address + at, word)
        return address + (len(text) + 15) // 16 * 16

    def _registers(self):
        registers = Registers()
        ptrace(GET_REGISTERS, self.pid, 0, ctypes.addressof(registers))
        return registers

    def _wait(self):
        _, status = os.waitpid(self.pid, WALL)
        if os.WIFSIGNALED(status):
            raise Died(os.WTERMSIG(status))
        assert os.WIFSTOPPED(status), status
