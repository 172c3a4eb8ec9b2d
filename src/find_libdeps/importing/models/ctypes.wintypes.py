# ctypes.wintypes: types only, which every system has.
import ctypes

import _host

BYTE, BOOL, BOOLEAN = ctypes.c_byte, ctypes.c_long, ctypes.c_byte
CHAR, WCHAR, SHORT, WORD = ctypes.c_char, ctypes.c_wchar, ctypes.c_short, ctypes.c_ushort
INT, UINT, LONG, ULONG, DWORD = (ctypes.c_int, ctypes.c_uint, ctypes.c_long, ctypes.c_ulong,
                                 ctypes.c_ulong)
HANDLE = HWND = HMODULE = HINSTANCE = LPVOID = LPCVOID = ctypes.c_void_p
LPCSTR = LPSTR = ctypes.c_char_p
LPCWSTR = LPWSTR = ctypes.c_wchar_p
MAX_PATH = 260


def __getattr__(name):
    return _host.unknown("ctypes.wintypes." + name)
