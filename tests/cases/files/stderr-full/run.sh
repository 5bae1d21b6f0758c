# a full disk behind stderr: the log that stderr is sent to cannot grow
nnbabysit data digits 2>/dev/full
