# subprocess: what a program prints is unknown.
import _host

PIPE, STDOUT, DEVNULL = -1, -2, -3


class SubprocessError(Exception):
    pass


class CalledProcessError(SubprocessError):
    def __init__(self, returncode, cmd, output=None, stderr=None):
        self.returncode, self.cmd, self.output, self.stderr = returncode, cmd, output, stderr
        self.stdout = output


class TimeoutExpired(SubprocessError):
    pass


def _start(command, names):
    is_one = isinstance(command, (str, bytes)) or hasattr(command, "__fspath__")
    if names.get("shell"):
        _host.program(command if is_one else list(command)[0], True)
        return
    words = [command] if is_one else _host.words(command)
    first = names.get("executable") or words[0]
    if first == "which" and len(words) > 1:
        _host.program(words[1])
    import shutil

    if shutil.which(first) is None:
        raise FileNotFoundError(2, "No such file or directory")


class Popen:
    def __init__(self, args, *rest, **names):
        _start(args, names)
        self.returncode = _host.unknown("the status of a program")
        self.stdout = self.stderr = self.stdin = _host.unknown("the output of a program")

    def communicate(self, *args, **names):
        unknown = _host.unknown("the output of a program")
        return unknown, unknown

    def wait(self, *args, **names):
        return self.returncode

    poll = wait

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def kill(self):
        pass

    terminate = kill


def run(args, *rest, **names):
    _start(args, names)
    return _host.unknown("what a program does")


def check_output(args, *rest, **names):
    _start(args, names)
    return _host.unknown("the output of a program")


call = check_call = check_output


def getoutput(command, **names):
    _host.program(command, True)
    return _host.unknown("the output of a program")


def getstatusoutput(command, **names):
    _host.program(command, True)
    return (_host.unknown("the status of a program"), _host.unknown("the output of a program"))
