# sqlite3.dbapi2: what sqlite3 has.
from sqlite3 import *
