"""python -m linuxready"""

from linuxready.cli import main

main()
