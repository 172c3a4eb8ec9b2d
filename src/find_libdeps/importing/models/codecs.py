# open
from io import open
