# threading: a thread runs when it is started.
import _host


class _Lock:
    def __enter__(self):
        return True

    def __exit__(self, *error):
        return None

    def acquire(self, *args, **names):
        return True

    def release(self):
        pass

    def locked(self):
        return False

    def notify(self, *args):
        pass

    notify_all = notifyAll = notify

    def wait(self, *args):
        return True


def Lock():
    return _Lock()


def RLock():
    return _Lock()


def Condition(lock=None):
    return _Lock()


def Semaphore(value=1):
    return _Lock()


BoundedSemaphore = Semaphore


class Event:
    def __init__(self):
        self._flag = False

    def set(self):
        self._flag = True

    def clear(self):
        self._flag = False

    def is_set(self):
        return self._flag

    isSet = is_set

    def wait(self, timeout=None):
        return _host.unknown("an event")


class local:
    pass


class Thread:
    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None):
        self._target, self._args, self._names = target, args, kwargs or {}
        self.name, self.daemon, self.ident = name, daemon, 1

    def start(self):
        _host.beside(self.run)

    def run(self):
        if self._target:
            self._target(*self._args, **self._names)

    def join(self, timeout=None):
        pass

    def is_alive(self):
        return False

    def setDaemon(self, daemon):
        pass


class Timer(Thread):
    def __init__(self, interval, function, args=None, kwargs=None):
        super().__init__()

    def cancel(self):
        pass


_main = Thread(name="MainThread")


def current_thread():
    return _main


main_thread = currentThread = current_thread


def get_ident():
    return 1
