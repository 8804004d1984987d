"""What commands print, as values: one module a source, pure functions of text.

The machine's own tools wrote these texts into a sosreport or supportconfig. A text may be cut, garbled or hostile: a
line that cannot be understood is left out where others do not hang on it; else there is no answer (Unreadable).
"""
