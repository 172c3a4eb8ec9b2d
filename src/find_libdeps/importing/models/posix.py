# open
from os import *
