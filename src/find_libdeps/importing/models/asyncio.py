# asyncio: as unknown as other modules, but that it runs programs.
import _host


def create_subprocess_exec(program, *args, **names):
    import os

    _host.program(os.fspath(program))
    return _host.unknown("a program that runs")


def create_subprocess_shell(cmd, *args, **names):
    _host.program(cmd, True)
    return _host.unknown("a program that runs")


def get_running_loop():
    if _host.unknown("whether a loop runs"):
        raise RuntimeError("no running event loop")
    return _host.unknown("the loop that runs")
